package io.heddle.processes.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a worker prints, on its way to the parent's own output: whole lines with a label. The end is kept for who asks how it died. */
final class LabelledOutput implements Runnable {
    /** A longer line is passed on in pieces of this many characters. */
    static final int MOST_LINE = 8192;

    private static final int TAIL = 2048;

    /** What the JVM prints of a crash begins with one of the two. */
    private static final String FATAL = "# A fatal error has been detected by the Java Runtime Environment";

    private static final String NO_MEMORY = "# There is insufficient memory for the Java Runtime Environment";
    private final InputStream from;
    private final Charset charset;
    private final String label;
    private final Supplier<@Nullable PrintStream> to;
    private final StringBuilder line = new StringBuilder();
    private final StringBuilder tail = new StringBuilder(); // guarded by itself
    private final StringBuilder crash = new StringBuilder(); // guarded by itself
    private final Thread thread;

    private LabelledOutput(
            InputStream from, Charset charset, String label, Supplier<@Nullable PrintStream> to, String threadName) {
        this.from = from;
        this.charset = charset;
        this.label = label;
        this.to = to;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name(threadName)
                .inheritInheritableThreadLocals(false)
                .unstarted(this);
    }

    /**
     * Starts to pass on.
     *
     * @param to where it goes to, asked for each line: a program may replace its {@code System.out}, by null too
     */
    static LabelledOutput start(
            InputStream from, Charset charset, String label, Supplier<@Nullable PrintStream> to, String threadName) {
        LabelledOutput output = new LabelledOutput(from, charset, label, to, threadName);
        output.thread.start();
        return output;
    }

    @Override
    public void run() {
        char[] chars = new char[4096];
        try (Reader reader = new InputStreamReader(from, charset)) {
            for (int count = reader.read(chars); count >= 0; count = reader.read(chars)) {
                keep(chars, count);
                pass(chars, count);
            }
        } catch (IOException e) { // the pipe of a process that was ended
        }
        if (!line.isEmpty()) {
            print();
        }
    }

    private void keep(char[] chars, int count) {
        synchronized (tail) {
            tail.append(chars, 0, count);
            if (tail.length() > TAIL) {
                tail.delete(0, tail.length() - TAIL);
            }
        }
    }

    private void pass(char[] chars, int count) {
        for (int i = 0; i < count; i++) {
            if (chars[i] == '\n') {
                print();
                continue;
            }
            line.append(chars[i]);
            if (line.length() >= MOST_LINE && !Character.isHighSurrogate(chars[i])) {
                print();
            }
        }
    }

    /** Its beginning: a report that cannot be written follows in full. */
    private void keepCrash() {
        if (line.isEmpty() || line.charAt(0) != '#') {
            return;
        }
        synchronized (crash) {
            boolean begins = line.indexOf(FATAL) == 0 || line.indexOf(NO_MEMORY) == 0;
            if (begins || (!crash.isEmpty() && crash.length() < TAIL)) {
                crash.append(line).append('\n');
            }
        }
    }

    private void print() {
        int length = line.length();
        if (length > 0 && line.charAt(length - 1) == '\r') {
            line.setLength(length - 1);
        }
        keepCrash();
        String text = line.insert(0, label).append(System.lineSeparator()).toString();
        line.setLength(0);
        PrintStream stream = to.get();
        if (stream == null) {
            return;
        }
        try {
            stream.print(text); // one call: no other line gets into it
            stream.flush();
        } catch (RuntimeException | Error e) {
            // the program's own stream: a worker whose output nobody reads would hang
        }
    }

    /** Waits for the rest, of a process that has ended; a process that it has started may still hold the pipe. */
    void await(Duration wait) {
        boolean interrupted = Thread.interrupted();
        try {
            thread.join(wait);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * What the JVM printed of its crash; empty for nothing.
     *
     * @param wait how long to wait for the rest
     */
    String crash(Duration wait) {
        await(wait);
        synchronized (crash) {
            return crash.toString();
        }
    }

    /**
     * The end of what was printed.
     *
     * @param wait how long to wait for the rest
     */
    String tail(Duration wait) {
        await(wait);
        synchronized (tail) {
            return tail.toString();
        }
    }
}
