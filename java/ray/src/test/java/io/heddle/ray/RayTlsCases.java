package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a cluster that speaks TLS only, in an environment that has its certificate: run by {@link RayClusterTest}. */
@Timeout(240)
final class RayTlsCases {
    @Test
    void runsTasksWithTheClustersCertificate() {
        try (RayBackend backend = RayBackend.create()) {
            assertThat(Parallel.builder().backend(backend).jobs(2).build().range(3, i -> i))
                    .containsExactly(0, 1, 2);
        }
    }

    @Test
    void aCallerWithoutTlsGetsAClearErrorInTime() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Caller.class.getName())
                .redirectErrorStream(true);
        builder.environment().remove("RAY_USE_TLS");
        Process caller = builder.start();
        String said = new String(caller.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        caller.waitFor();
        assertThat(said).contains("The Ray cluster at 127.0.0.1:6379 could not be joined within PT15S", "RAY_USE_TLS");
    }

    /** A program that does not know of the cluster's certificate. */
    static final class Caller {
        private Caller() {}

        public static void main(String[] arguments) {
            try {
                Parallel.builder()
                        .backend(RayBackend.builder()
                                .startTimeout(Duration.ofSeconds(15))
                                .build())
                        .build()
                        .range(2, i -> i);
            } catch (RuntimeException e) {
                System.out.println(e);
            } finally {
                System.out.flush();
                Runtime.getRuntime().halt(1);
            }
        }
    }
}
