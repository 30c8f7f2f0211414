package io.heddle.openblas;

import io.heddle.openblas.child.OpenShared;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A JVM that opens the embedded OpenBLAS with a cache folder of the test's. */
final class ChildJvm {
    static final int REFUSED = 3;
    private static final long LIMIT_SECONDS = 60;

    private ChildJvm() {}

    record Outcome(int exit, String output) {}

    static List<String> onClassPath() {
        return onClassPath(OpenShared.class);
    }

    static List<String> onClassPath(Class<?> main) {
        return java(main, "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"));
    }

    static List<String> onFatJar(Path jar, Class<?> main) {
        return java(main, "--enable-native-access=ALL-UNNAMED", "-cp", jar.toString());
    }

    static List<String> onClassPathWithoutBytedeco() {
        String without = classPath()
                .filter(entry -> !entry.contains("bytedeco"))
                .collect(Collectors.joining(File.pathSeparator));
        return java(OpenShared.class, "--enable-native-access=ALL-UNNAMED", "-cp", without);
    }

    static List<String> onModulePath() {
        String testClasses = classPath()
                .filter(entry -> entry.endsWith("test-classes"))
                .findFirst()
                .orElseThrow();
        String others = classPath()
                .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
                .collect(Collectors.joining(File.pathSeparator));
        return java(
                OpenShared.class,
                "-p",
                others,
                "--add-modules",
                "io.heddle.openblas",
                "--enable-native-access=io.heddle",
                "-cp",
                testClasses);
    }

    private static List<String> java(Class<?> main, String... options) {
        return Stream.of(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xshare:auto",
                                "-Xmx256m"),
                        Stream.of(options),
                        Stream.of(main.getName()))
                .flatMap(part -> part)
                .toList();
    }

    static Stream<String> classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1));
    }

    static Process start(Path cache, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put(LibraryCache.VARIABLE, cache.toString());
        return builder.start();
    }

    /** Runs {@code script} in a shell, in which {@code "$@"} is the JVM's command. */
    static Outcome runInShell(Path cache, String script, List<String> command)
            throws IOException, InterruptedException {
        List<String> shell = new ArrayList<>(List.of("sh", "-c", script, "sh"));
        shell.addAll(command);
        return await(start(cache, shell));
    }

    static Outcome run(Path cache, List<String> command) throws IOException, InterruptedException {
        return await(start(cache, command));
    }

    static Outcome await(Process process) throws InterruptedException {
        try (var reader = process.inputReader(StandardCharsets.UTF_8)) {
            String output = reader.lines().collect(Collectors.joining("\n"));
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("still running after " + LIMIT_SECONDS + " s: " + output);
            }
            return new Outcome(process.exitValue(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
