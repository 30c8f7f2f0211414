package io.heddle.dask;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** What a worker JVM prints, on its way to this program's own output: whole lines with a label. Confined to one thread. */
final class OutputLines {
    /** A longer line is passed on in pieces. */
    private static final int MOST_LINE_BYTES = 8192;

    private final String label;
    private final Supplier<PrintStream> to;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    OutputLines(String label, Supplier<PrintStream> to) {
        this.label = label;
        this.to = to;
    }

    void add(byte[] bytes) {
        for (byte each : bytes) {
            if (each == '\n' || (line.size() >= MOST_LINE_BYTES && (each & 0xC0) != 0x80)) {
                print();
            }
            if (each != '\n') {
                line.write(each);
            }
        }
    }

    /** Prints what has no end of line. */
    void end() {
        if (line.size() > 0) {
            print();
        }
    }

    private void print() {
        String text = label + line.toString(StandardCharsets.UTF_8) + System.lineSeparator();
        line.reset();
        PrintStream stream = to.get();
        stream.print(text); // one call: no other line gets into it
        stream.flush();
    }
}
