package io.heddle.processes.launch;

import io.heddle.processes.failure.TerminatedWorkerException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a process died.
 *
 * @param words the same for a message
 * @param exitCode null where a signal ended it
 * @param signal null where it ended itself
 * @param report the JVM's report of its crash
 */
public record Death(
        String words,
        @Nullable Integer exitCode,
        @Nullable String signal,
        @Nullable Path report) {
    private static final int ABORTED = 134;

    /** Of a JVM that has written its report and is not to leave a core dump. */
    private static final int CRASHED = 1;

    private static final int KILLED = 137;

    /** Those whose numbers are the same on Linux and macOS. */
    private static final Map<Integer, String> SIGNALS = Map.ofEntries(
            Map.entry(1, "SIGHUP"),
            Map.entry(2, "SIGINT"),
            Map.entry(3, "SIGQUIT"),
            Map.entry(4, "SIGILL"),
            Map.entry(5, "SIGTRAP"),
            Map.entry(6, "SIGABRT"),
            Map.entry(8, "SIGFPE"),
            Map.entry(9, "SIGKILL"),
            Map.entry(11, "SIGSEGV"),
            Map.entry(13, "SIGPIPE"),
            Map.entry(14, "SIGALRM"),
            Map.entry(15, "SIGTERM"),
            Map.entry(24, "SIGXCPU"),
            Map.entry(25, "SIGXFSZ"));

    /**
     * How a process died.
     *
     * @param status what Java says of its end: 128 and the signal's number, or its exit code
     * @param report what the JVM wrote of a crash; null for nothing
     * @param printed what the JVM printed of a crash; empty for nothing
     * @param memoryLimit whether the kernel killed it for want of memory
     */
    static Death of(int status, @Nullable Path report, String printed, boolean memoryLimit) {
        if (status == ABORTED || status == CRASHED) {
            Optional<String> written = report == null ? Optional.empty() : beginning(report);
            if (written.isPresent()) {
                return crash(written.get(), report, status);
            }
            if (!printed.isEmpty()) {
                return crash(printed, null, status);
            }
        }
        if (status == ABORTED) {
            return new Death(
                    "native code aborted it (SIGABRT), as a failed check in a library does", null, "SIGABRT", null);
        }
        if (status == KILLED && memoryLimit) {
            return new Death(
                    "killed by the memory limit: the kernel's out-of-memory killer ended it (SIGKILL). Give each task less to hold, use fewer"
                            + " workers, or raise the limit",
                    null,
                    "SIGKILL",
                    null);
        }
        String signal = signal(status);
        if (signal != null) {
            return new Death("killed by " + signal, null, signal, null);
        }
        String why = status == 3 ? " (that of a JVM with -XX:+ExitOnOutOfMemoryError whose heap is full, too)" : "";
        return new Death("it ended itself with exit code " + status + why, status, null, null);
    }

    /** Loads what it takes to tell of a death: the first one is then told of 15 ms sooner. */
    static void prepare() {
        var _ = of(KILLED, null, "", MemoryGroup.OWN.killedSince(Long.MAX_VALUE))
                .exception(0, "", "");
    }

    /**
     * How a process on another machine died.
     *
     * @param status 128 and the signal's number, or its exit code
     * @param report the path there of what the JVM wrote of a crash
     * @param text the beginning of that; empty for nothing
     */
    public static Death elsewhere(int status, String report, String text) {
        return !text.isEmpty() && (status == ABORTED || status == CRASHED)
                ? crash(text, Path.of(report), status)
                : of(status, null, "", false);
    }

    private static @Nullable String signal(int status) {
        int number = status - 128;
        boolean mac = System.getProperty("os.name", "").startsWith("Mac");
        if (number == (mac ? 10 : 7)) {
            return "SIGBUS";
        }
        if (number == (mac ? 12 : 31)) {
            return "SIGSYS";
        }
        return SIGNALS.get(number);
    }

    private static Death crash(String text, @Nullable Path report, int status) {
        Matcher signal = Reported.SIGNAL.matcher(text);
        Matcher frame = Reported.FRAME.matcher(text);
        Matcher error = Reported.ERROR.matcher(text);
        String name = signal.find() ? signal.group(1) : null;
        StringBuilder words = new StringBuilder();
        if (name != null) {
            words.append("its JVM crashed by ").append(name);
        } else {
            words.append("its JVM gave up");
            if (error.find()) {
                words.append(": ").append(error.group(1));
            }
        }
        if (frame.find()) {
            words.append(" in ").append(frame.group(1).strip().replaceAll("\\s+", " "));
        }
        words.append(report == null ? "; no report of it is found" : "; its report is " + report);
        if (name == null && status == ABORTED) {
            name = "SIGABRT";
        }
        return new Death(words.toString(), name == null ? status : null, name, report);
    }

    /** What is looked for in a report. Not loaded where there is none: a caller waits to be told of the death. */
    private static final class Reported {
        static final int BYTES = 8192; // what is looked for stands at its beginning
        static final Pattern SIGNAL = Pattern.compile("^#\\s+(SIG[A-Z]+) \\(0x", Pattern.MULTILINE);
        static final Pattern FRAME = Pattern.compile("^# Problematic frame:\\R#\\s*(.*)$", Pattern.MULTILINE);
        static final Pattern ERROR = Pattern.compile(
                "^#\\s+((?:fatal error|Internal Error|Out of Memory Error|guarantee|assert|Error:)[^\\r\\n]*)$",
                Pattern.MULTILINE);
    }

    private static Optional<String> beginning(Path report) {
        try (InputStream in = Files.newInputStream(report)) {
            return Optional.of(new String(in.readNBytes(Reported.BYTES), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** What a process printed at last, for the end of a message; without what stands in a report that the message names. */
    static String printed(String tail, boolean hasReport) {
        if (tail.isBlank()) {
            return "";
        }
        String text = tail.lines()
                .filter(line -> !hasReport || !line.startsWith("#"))
                .collect(Collectors.joining("\n"))
                .strip();
        return text.isEmpty() ? "" : "\nThe end of its standard error:\n" + text;
    }

    TerminatedWorkerException exception(long pid, String during, String tail) {
        return exception("Worker process " + pid, pid, during, tail);
    }

    /**
     * The same as an exception.
     *
     * @param who the process, for the message
     * @param pid its number
     * @param during what it did, after "while"
     * @param tail what it printed at last
     */
    public TerminatedWorkerException exception(String who, long pid, String during, String tail) {
        String memory = exitCode != null && tail.contains("java.lang.OutOfMemoryError") ? "; its heap was full" : "";
        return new TerminatedWorkerException(
                who + " died while " + during + ": " + words + memory + printed(tail, report != null),
                pid,
                exitCode,
                signal,
                report);
    }
}
