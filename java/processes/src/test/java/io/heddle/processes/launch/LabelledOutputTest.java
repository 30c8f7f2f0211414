package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

class LabelledOutputTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
    private final PrintStream good = new PrintStream(seen, true, StandardCharsets.UTF_8);

    private static LabelledOutput start(String text, Charset charset, PrintStream... forEachLine) {
        Iterator<PrintStream> next = Arrays.asList(forEachLine).iterator();
        return LabelledOutput.start(
                new ByteArrayInputStream(text.getBytes(charset)), charset, "label ", next::next, "labelled-output");
    }

    @Test
    void aStreamThatThrowsOrIsNoneDoesNotEndIt() {
        PrintStream bad = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8) {
            @Override
            public void print(String text) {
                throw new IllegalStateException("the program's own");
            }
        };
        LabelledOutput output = start("one\ntwo\nthree\nfour\n", StandardCharsets.UTF_8, bad, good, null, good);

        assertThat(output.tail(LONG)).endsWith("four\n");
        assertThat(seen.toString(StandardCharsets.UTF_8).lines()).containsExactly("label two", "label four");
    }

    @Test
    void bytesAreReadInTheCharsetOfWhoPrintedThem() {
        assertThat(start("größer\n", StandardCharsets.UTF_16, good).tail(LONG)).isEqualTo("größer\n");
        assertThat(seen.toString(StandardCharsets.UTF_8)).contains("größer");
    }
}
