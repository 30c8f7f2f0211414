package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
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
        refused(environment -> environment.remove("RAY_USE_TLS"));
    }

    @Test
    void aCallerThatTrustsAnotherCertificateGetsAClearErrorInTime() throws Exception {
        String other = System.getenv(RayClusterTest.OTHER_CERTIFICATE);
        refused(environment -> environment.put("RAY_TLS_CA_CERT", other));
    }

    private static void refused(Consumer<Map<String, String>> setting) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Caller.class.getName())
                .redirectErrorStream(true);
        setting.accept(builder.environment());
        Process caller = builder.start();
        String said = new String(caller.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(caller.waitFor()).isOne();
        assertThat(said)
                .contains("The Ray cluster at 127.0.0.1:6379 could not be joined within PT12S")
                .contains("certificates (RAY_USE_TLS, RAY_TLS_*)", "startTimeout")
                .contains("unpacked: []");
    }

    /** A program that the cluster does not let in. */
    static final class Caller {
        private Caller() {}

        public static void main(String[] arguments) {
            try {
                Parallel.builder()
                        .backend(RayBackend.builder()
                                .startTimeout(Duration.ofSeconds(12))
                                .build())
                        .build()
                        .range(2, i -> i);
            } catch (RuntimeException e) {
                System.out.println(e);
                System.out.println("unpacked: " + unpacked());
            } finally {
                System.out.flush();
                Runtime.getRuntime().halt(1);
            }
        }

        /** Ray's native code, as far as it is still in a file. */
        private static List<String> unpacked() {
            try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                return maps.filter(line -> line.endsWith("core_worker_library_java.so"))
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
