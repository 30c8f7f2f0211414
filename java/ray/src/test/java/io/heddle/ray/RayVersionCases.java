package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On a cluster whose head says that it has another version of Ray: run by {@link RayClusterTest}. */
@Timeout(240)
final class RayVersionCases {
    private static final String PYTHON = """
            import json
            from ray._raylet import GcsClient
            head = GcsClient(address="127.0.0.1:6379")
            said = json.loads(head.internal_kv_get(b"CLUSTER_METADATA", namespace=b"cluster"))
            print(said["ray_version"])
            said["ray_version"] = "2.40.0"
            head.internal_kv_put(b"CLUSTER_METADATA", json.dumps(said).encode(), True, namespace=b"cluster")
            """;

    @Test
    void anotherVersionThanTheClustersIsAClearError() throws Exception {
        String here = output(
                        Path.of(System.getenv("HEDDLE_RAY"), "bin", "python").toString(), "-c", PYTHON)
                .strip()
                .lines()
                .reduce("", (_, last) -> last);

        List<String> said = output(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Caller.class.getName())
                .lines()
                .filter(line -> line.startsWith(Caller.MARK))
                .toList();

        assertThat(said)
                .as("two calls")
                .hasSize(2)
                .allMatch(line -> line.contains("IllegalStateException: This process has Ray " + here + " ("))
                .allMatch(line -> line.contains("ray_dist.jar)"))
                .allMatch(line -> line.contains("the Ray cluster at 127.0.0.1:6379 has Ray 2.40.0"))
                .allMatch(line -> line.contains("python3 -c"));
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    /** Its end shows, too, that nothing keeps a process that was refused. */
    static final class Caller {
        static final String MARK = "refused: ";

        private Caller() {}

        public static void main(String[] arguments) {
            for (int call = 0; call < 2; call++) {
                try {
                    Parallel.builder()
                            .backend(RayBackend.builder()
                                    .startTimeout(Duration.ofMinutes(1))
                                    .build())
                            .build()
                            .range(2, i -> i);
                } catch (IllegalStateException e) {
                    System.out.println("\n" + MARK + e);
                }
            }
        }
    }
}
