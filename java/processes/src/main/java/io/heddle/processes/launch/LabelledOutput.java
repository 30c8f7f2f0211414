package io.heddle.processes.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.function.Supplier;

/** What a worker prints, on its way to the parent's own output: whole lines with a label. The end is kept for who asks how it died. */
final class LabelledOutput implements Runnable {
    /** A longer line is passed on in pieces of this many characters. */
    static final int MOST_LINE = 8192;

    private static final int TAIL = 2048;
    private final InputStream from;
    private final String label;
    private final Supplier<PrintStream> to;
    private final StringBuilder line = new StringBuilder();
    private final StringBuilder tail = new StringBuilder(); // guarded by itself
    private final Thread thread;

    private LabelledOutput(InputStream from, String label, Supplier<PrintStream> to, String threadName) {
        this.from = from;
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
     * @param to where it goes to, asked for each line: a program may replace its {@code System.out}
     */
    static LabelledOutput start(InputStream from, String label, Supplier<PrintStream> to, String threadName) {
        LabelledOutput output = new LabelledOutput(from, label, to, threadName);
        output.thread.start();
        return output;
    }

    @Override
    public void run() {
        char[] chars = new char[4096];
        try (Reader reader = new InputStreamReader(from, charset())) {
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

    private static Charset charset() {
        String name = System.getProperty("native.encoding");
        return name == null ? Charset.defaultCharset() : Charset.forName(name, Charset.defaultCharset());
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

    private void print() {
        int length = line.length();
        if (length > 0 && line.charAt(length - 1) == '\r') {
            line.setLength(length - 1);
        }
        String text = line.insert(0, label).append(System.lineSeparator()).toString();
        line.setLength(0);
        PrintStream stream = to.get();
        stream.print(text); // one call: no other line gets into it
        stream.flush();
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
