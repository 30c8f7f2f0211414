package io.heddle;

import java.io.Console;
import java.io.Flushable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Shows on standard error how calls get on.
 *
 * <p>On a terminal it is one line, drawn anew ten times a second from a tenth of a second on, also while one long task runs: a bar, the
 * completed tasks of all, the rate of late, the time since the call began, the time left at that rate, the busy workers, the failed tasks.
 * Elsewhere (a pipe, a file, {@code TERM=dumb}, the variable {@code CI} set) it is a few whole lines without control characters: none at
 * the start, then one for every 10 % but not twice in 2 s, or after 30 s or a tenth of the time gone, whichever is longer. Either way a
 * last line says how the call ended. Of calls that run at once the oldest is shown, the others have their last line only; nested calls are
 * not shown.
 *
 * <p>Thread-safe; one listener serves any number of calls. No worker waits for the terminal. What cannot be written is left out: a closed
 * pipe stops no call. The line is as wide as the variable {@code COLUMNS} says, else 80 characters.
 */
public final class ProgressBar implements ParallelListener {
    private static final Duration DRAWN_EVERY = Duration.ofMillis(100);
    private static final Duration LOOKED_AT_EVERY = Duration.ofSeconds(1); // where lines are few
    private static final int DEFAULT_WIDTH = 80;

    private final Supplier<? extends Appendable> out;
    private final boolean terminal;
    private final int width;
    private final LongSupplier nanoTime;
    private final Duration tick;
    private final ConcurrentNavigableMap<Long, Progress> open = new ConcurrentSkipListMap<>(); // the oldest call first
    private final Object writing = new Object(); // guards what is below, and additions to and removals from the map
    private int drawn; // characters of an unfinished line
    private @Nullable Thread ticker;

    /** One terminal, one bar: calls that run at once must not draw over each other. */
    private static final class OnTerminal {
        static final ProgressBar INSTANCE = onStandardError(System.getenv());
    }

    ProgressBar(Supplier<? extends Appendable> out, boolean terminal, int width, LongSupplier nanoTime, Duration tick) {
        this.out = out;
        this.terminal = terminal;
        this.width = width;
        this.nanoTime = nanoTime;
        this.tick = tick;
    }

    /**
     * The one on standard error.
     *
     * @return always the same
     */
    public static ProgressBar onTerminal() {
        return OnTerminal.INSTANCE;
    }

    private static ProgressBar onStandardError(Map<String, String> environment) {
        boolean terminal = drawsOn(environment, errorIsTerminal());
        return new ProgressBar(
                () -> System.err,
                terminal,
                width(environment),
                System::nanoTime,
                terminal ? DRAWN_EVERY : LOOKED_AT_EVERY);
    }

    /** The JDK tells of standard input and output only, Linux of each descriptor. */
    @SuppressWarnings("SystemConsoleNull") // it does in a runtime image without jdk.internal.le
    private static boolean errorIsTerminal() {
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException | RuntimeException _) {
            Console console = System.console();
            return console != null && console.isTerminal();
        }
    }

    static boolean drawsOn(Map<String, String> environment, boolean terminal) {
        String ci = environment.getOrDefault("CI", "").toLowerCase(Locale.ROOT);
        boolean inCi = !ci.isEmpty() && !ci.equals("false") && !ci.equals("0");
        return terminal && !inCi && !"dumb".equals(environment.get("TERM"));
    }

    static int width(Map<String, String> environment) {
        try {
            int columns =
                    Integer.parseInt(environment.getOrDefault("COLUMNS", "").strip());
            return columns > 0 ? columns : DEFAULT_WIDTH;
        } catch (NumberFormatException _) {
            return DEFAULT_WIDTH;
        }
    }

    @Override
    public void callStarted(CallStatus status) {
        if (status.nestingLevel() > 0) {
            return;
        }
        synchronized (writing) {
            open.putIfAbsent(status.call(), new Progress(status, nanoTime.getAsLong()));
            if (ticker == null) {
                ticker = Thread.ofPlatform()
                        .daemon()
                        .name("heddle-progress")
                        .inheritInheritableThreadLocals(false)
                        .start(this::tickWhileOpen);
            }
        }
    }

    @Override
    public void progressed(CallStatus status) {
        Progress progress = open.get(status.call());
        if (progress != null) {
            progress.told(status);
        }
    }

    @Override
    public void taskFailed(CallStatus status, long taskIndex, Throwable failure, boolean retried) {
        progressed(status);
    }

    @Override
    public void callEnded(CallStatus status) {
        synchronized (writing) {
            if (open.remove(status.call()) != null) {
                printLine(Progress.ended(status));
                if (open.isEmpty()) {
                    writing.notifyAll();
                }
            }
        }
    }

    /** Writes a whole line; the one that is drawn moves below it. */
    void printLine(String line) {
        synchronized (writing) {
            String erased = drawn == 0 ? "" : "\r" + " ".repeat(drawn) + "\r";
            drawn = 0;
            write(erased + printable(line) + System.lineSeparator());
        }
    }

    /** Shows how far the oldest call is; off a terminal, if it is time for a line. */
    void show() {
        synchronized (writing) {
            Map.Entry<Long, Progress> oldest = open.firstEntry();
            if (oldest == null) {
                return;
            }
            Progress progress = oldest.getValue();
            long now = nanoTime.getAsLong();
            if (terminal) {
                String text = printable(progress.bar(width - 1, now)); // a full line would wrap
                write("\r" + text + " ".repeat(Math.max(drawn - text.length(), 0)));
                drawn = text.length();
            } else {
                progress.lineIfDue(now).ifPresent(this::printLine);
            }
        }
    }

    private void tickWhileOpen() {
        synchronized (writing) {
            try {
                while (!open.isEmpty()) {
                    writing.wait(tick.toMillis());
                    show();
                }
            } catch (InterruptedException _) {
                return; // not by Heddle: the ends of calls are written all the same
            } finally {
                ticker = null;
            }
        }
    }

    private void write(String text) {
        try {
            Appendable to = out.get();
            to.append(text);
            if (to instanceof Flushable flushable) {
                flushable.flush();
            }
        } catch (IOException | RuntimeException _) {
            return; // nobody reads it
        }
    }

    private static String printable(String line) {
        StringBuilder text = new StringBuilder(line);
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                text.setCharAt(i, ' ');
            }
        }
        return text.toString();
    }
}
