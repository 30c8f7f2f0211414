package io.heddle.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** {@code ./heddle demo} on another backend beside threads, small. */
final class DemoRun {
    private DemoRun() {}

    /** Runs it, and asserts that it shows both, with the same answers. */
    static void assertAnswersOn(String backend) throws Exception {
        Process demo = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Demo.class.getName(),
                        "--quick",
                        "--samples=200",
                        "--jobs=2",
                        "--backend=" + backend)
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(demo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(demo.waitFor()).as(output).isZero();
            assertThat(output)
                    .contains("on threads and on " + backend + ": 20 points")
                    .containsPattern("kernel ridge [^\n]* " + backend + " +[0-9][^\n]* yes, ")
                    .containsPattern("Nystroem[^\n]* " + backend + " +[0-9][^\n]* yes, ")
                    .containsPattern("\n  " + backend + " +[01] +[0-9]+ +[1-4] +[0-9]+ +[0-9]+(\n|$)");
        } finally {
            demo.destroyForcibly();
        }
    }
}
