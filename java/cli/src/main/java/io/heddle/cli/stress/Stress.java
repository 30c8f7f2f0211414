package io.heddle.cli.stress;

import com.google.gson.Gson;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Stresses one library in a JVM of its own: a crash is a row, not the end. */
public final class Stress {
    private static final long START_AND_END_SECONDS = 60;
    private static final Pattern SIGNAL = Pattern.compile("^#  (\\w+) \\(", Pattern.MULTILINE);
    private static final Pattern FRAME = Pattern.compile("^# Problematic frame:\\R# (.*)$", Pattern.MULTILINE);
    private static final int LAST_LINES = 200;
    private static final String ROW = "row.json";
    private static final long CLEAN_SECONDS = 5;

    private Stress() {}

    /**
     * Runs it and waits. A signal that ends this JVM ends the other one first.
     *
     * @param messages takes what the child JVM wrote, if anything went wrong
     * @return what was found
     * @throws InterruptedException if this thread is interrupted, or this JVM is told to end
     */
    public static StressRow run(StressSettings settings, PrintStream messages)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("heddle-stress-");
        Path log = folder.resolve("log");
        List<String> command = command(folder);
        command.add(folder.resolve(ROW).toString());
        command.addAll(settings.toArguments());
        Process child = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Ending ending = new Ending(child);
        Runtime.getRuntime().addShutdownHook(ending);
        try {
            StressRow row = await(child, settings, folder);
            if (ending.begun) {
                throw new InterruptedException("told to end; the stress on " + settings.library() + " was stopped");
            }
            if (!row.isClean()) {
                tell(log, messages);
            }
            return row;
        } finally {
            child.destroyForcibly().waitFor();
            delete(folder);
            ending.cleaned.countDown();
            if (!ending.begun) {
                removeHook(ending);
            }
        }
    }

    /** Kills the child when this JVM ends, and waits until what it left is cleared away. */
    private static final class Ending extends Thread {
        private final CountDownLatch cleaned = new CountDownLatch(1);
        private final Process child;
        private volatile boolean begun;

        Ending(Process child) {
            super("stress-ending");
            this.child = child;
        }

        @Override
        public void run() {
            begun = true;
            child.destroyForcibly();
            try {
                boolean _ = cleaned.await(CLEAN_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void removeHook(Ending ending) {
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException e) {
            // it ends just now; the hook finds everything cleaned
        }
    }

    private static StressRow await(Process child, StressSettings settings, Path folder)
            throws IOException, InterruptedException {
        long limit = (long) (settings.seconds() + settings.hangSeconds()) + START_AND_END_SECONDS;
        boolean ended = child.waitFor(limit, TimeUnit.SECONDS);
        child.destroyForcibly().waitFor();
        Path result = folder.resolve(ROW);
        boolean hasRow = Files.exists(result);
        StressRow row = hasRow
                ? new Gson().fromJson(Files.readString(result), StressRow.class)
                : StressRow.failed(settings, StressRow.OK);
        return judge(row, ended, child.exitValue(), hasRow, folder);
    }

    private static StressRow judge(StressRow row, boolean ended, int status, boolean hasRow, Path folder)
            throws IOException {
        Path crash = folder.resolve("hs_err");
        if (Files.exists(crash)) {
            return row.withOutcome(crash(Files.readString(crash, StandardCharsets.UTF_8)));
        }
        if (!ended) {
            return row.withOutcome("hang: the JVM did not end" + (hasRow ? " after its work was done" : ""));
        }
        boolean told = !row.outcome().equals(StressRow.OK);
        if (told || (status == 0 && hasRow)) {
            return row;
        }
        return row.withOutcome(
                status == 1
                        ? "failed: the JVM ended with an exception, see above"
                        : "crash: the JVM ended with status " + status);
    }

    /** The signal and the place out of the JVM's own report. */
    static String crash(String report) {
        Matcher signal = SIGNAL.matcher(report);
        Matcher frame = FRAME.matcher(report);
        return "crash: " + (signal.find() ? signal.group(1) : "of the JVM")
                + (frame.find() ? " in " + frame.group(1).strip() : "");
    }

    private static void tell(Path log, PrintStream messages) throws IOException {
        List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                .lines()
                .toList();
        lines.stream().skip(Math.max(0, lines.size() - LAST_LINES)).forEach(messages::println);
    }

    private static List<String> command(Path folder) {
        boolean isModule = Stress.class.getModule().isNamed();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=" + (isModule ? "io.heddle" : "ALL-UNNAMED"),
                "-XX:+UseSerialGC",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("hs_err")));
        String modules = System.getProperty("jdk.module.path", "");
        if (!modules.isEmpty()) {
            command.addAll(List.of("--module-path", absolute(modules)));
        }
        String classes = System.getProperty("java.class.path", "");
        if (!classes.isEmpty()) {
            command.addAll(List.of("--class-path", absolute(classes)));
        }
        command.addAll(
                isModule
                        ? List.of("-m", Stress.class.getModule().getName() + "/" + StressChild.class.getName())
                        : List.of(StressChild.class.getName()));
        return command;
    }

    private static String absolute(String path) {
        return String.join(
                File.pathSeparator,
                Stream.of(path.split(File.pathSeparator, -1))
                        .map(entry -> Path.of(entry).toAbsolutePath().toString())
                        .toList());
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(folder);
    }
}
