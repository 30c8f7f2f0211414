package io.heddle.benchmarks;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.topology.UsableCpus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What figures depend on: processor, usable CPUs, JVM, and the libraries that this process has loaded. */
final class Machine {
    private Machine() {}

    static String describe() {
        return processor() + ", " + UsableCpus.now().count() + " usable CPUs, " + System.getProperty("java.vm.name")
                + " " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                + System.getProperty("os.version");
    }

    static void printWithLibraries() {
        System.err.println("# " + describe());
        System.err.println(NativeThreads.info().stream()
                .map(Machine::describe)
                .collect(Collectors.joining("; ", "# loaded: ", "")));
    }

    private static String describe(LibraryInfo library) {
        return library.path() + " " + library.version().orElse("") + " " + library.threadingLayer() + " "
                + library.threads() + " " + library.limitScope();
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch"); // no Linux
        }
    }
}
