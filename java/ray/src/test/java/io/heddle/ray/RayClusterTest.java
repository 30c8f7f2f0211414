package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.heddle.ray.harness.ClusterRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What is tested on a real cluster of two nodes: the classes named here, in a JVM beside it. */
final class RayClusterTest {
    static final String OTHER_CERTIFICATE = "HEDDLE_TEST_OTHER_CERTIFICATE";

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> contract() throws IOException {
        return ClusterRun.start(List.of(), RayContract.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> workers() throws IOException {
        return ClusterRun.start(List.of(), RayWorkerCases.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> faults() throws IOException {
        return ClusterRun.start(List.of(), RayFaultCases.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> ends() throws IOException {
        return ClusterRun.start(List.of(), RayEndCases.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> codePathAndVersion() throws IOException {
        return ClusterRun.start(List.of("--nodes", "1"), RayCodePathCases.class, RayVersionCases.class)
                .tests();
    }

    @TestFactory
    Stream<DynamicTest> tls() throws IOException, InterruptedException {
        return ClusterRun.start(List.of("--nodes", "1"), certificates(), RayTlsCases.class)
                .tests();
    }

    /** What Ray's processes know of a certificate that is made for the nodes, by its own word; and one that is of no use there. */
    private Map<String, String> certificates() throws IOException, InterruptedException {
        String certificate = certificate("certificate");
        return Map.of(
                "RAY_USE_TLS",
                "1",
                "RAY_TLS_SERVER_CERT",
                certificate,
                "RAY_TLS_SERVER_KEY",
                certificate + ".key",
                "RAY_TLS_CA_CERT",
                certificate,
                OTHER_CERTIFICATE,
                certificate("other"));
    }

    private String certificate(String name) throws IOException, InterruptedException {
        String file = folder.resolve(name + ".pem").toString();
        Process openssl;
        try {
            openssl = new ProcessBuilder(("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
                                    + " -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout " + file
                                    + ".key -out "
                                    + file)
                            .split(" ", -1))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return abort("openssl, which makes the certificate, cannot be run: " + e);
        }
        assertThat(openssl.waitFor()).isZero();
        return file;
    }

    @TestFactory
    Stream<DynamicTest> noCluster() throws IOException {
        return ClusterRun.start(List.of("--nodes", "0"), RayNowhereCases.class).tests();
    }
}
