package io.heddle.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demo's own search on a Ray cluster, named by {@code --backend} alone: run by {@link ExamplesOnRayTest}. */
@Timeout(240)
final class DemoOnRayCases {
    @Test
    void searchesTheSameGridOnRay() throws Exception {
        Process demo = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Demo.class.getName(),
                        "--quick",
                        "--samples=200",
                        "--jobs=2",
                        "--backend=ray")
                .redirectErrorStream(true)
                .start();
        String output = new String(demo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(demo.waitFor()).as(output).isZero();
        assertThat(output)
                .contains("on threads and on ray: 20 points")
                .containsPattern("kernel ridge [^\n]* ray +[0-9][^\n]* yes, ")
                .containsPattern("Nystroem[^\n]* ray +[0-9][^\n]* yes, ")
                .containsPattern("\n  ray +[01] +[0-9]+ +[1-4] +[0-9]+ +[0-9]+(\n|$)");
    }
}
