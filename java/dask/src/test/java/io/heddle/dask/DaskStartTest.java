package io.heddle.dask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.heddle.Parallel;
import io.heddle.ParallelException;
import io.heddle.dask.fixture.Certificate;
import io.heddle.dask.fixture.DaskCluster;
import io.heddle.dask.fixture.OtherUser;
import io.heddle.dask.fixture.Remains;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a user is told where a cluster cannot be used, and that nothing is left of the attempt. */
@Timeout(240)
final class DaskStartTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    /** Less than the start timeout without which an attempt would end later: a machine as slow as that has it all the same. */
    private static final Duration MOST = Duration.ofSeconds(55);

    private static final String OTHER_VERSION = """
            import importlib.metadata
            real = importlib.metadata.version
            importlib.metadata.version = lambda name: "1999.1.0" if name == "distributed" else real(name)
            """;

    @TempDir
    private Path folder;

    @BeforeEach
    void makeTemporaryFolder() throws IOException {
        Files.createDirectory(temporary());
    }

    @AfterEach
    void leavesNothing() {
        Remains.awaitNoSidecar();
        Remains.awaitNoWorkerJvm();
    }

    private DaskBackend.Builder builder() throws IOException {
        return builder("exec " + DaskCluster.python() + " \"$@\"");
    }

    /** Its files for a time are where they can be seen. */
    private DaskBackend.Builder builder(String python) throws IOException {
        return DaskBackend.builder()
                .python(script("python", "export TMPDIR=" + temporary() + "\n" + python)
                        .toString())
                .javaHome(System.getProperty("java.home"));
    }

    private Path temporary() {
        return folder.resolve("temporary");
    }

    /** A cluster whose files for a time are where they can be seen. */
    private DaskCluster cluster(int workers, int slots, List<String> security) throws IOException {
        return DaskCluster.start(
                workers, slots, security, Map.of("TMPDIR", temporary().toString()));
    }

    private DaskCluster cluster(int workers, int slots) throws IOException {
        return cluster(workers, slots, List.of());
    }

    /** Refuses a call in time, and leaves no process and no file, here and on the cluster, which lives on. */
    private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
            DaskBackend backend, @Nullable DaskCluster cluster) throws IOException {
        long begin = System.nanoTime();
        Throwable failure = catchThrowable(() -> negated(backend));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).as("time limit").isLessThan(MOST);
        Remains.awaitNoWorkerJvm();
        if (Sidecars.running(backend.settings()) != null) {
            backend.close(); // the session stands: another call may be luckier
        }
        Remains.awaitNoSidecar();
        Remains.awaitNoFile(temporary());
        if (cluster != null) {
            Remains.awaitNoFile(cluster.folder());
        }
        return assertThat(failure);
    }

    private static List<Integer> negated(DaskBackend backend) {
        return Parallel.builder().backend(backend).build().range(5, index -> -index - 1);
    }

    private Path script(String name, String text) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + text + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void tellsOfAnAddressWhereNoSchedulerIs() throws IOException {
        DaskBackend backend = builder()
                .schedulerAddress("tcp://127.0.0.1:1")
                .startTimeout(SOON)
                .build();
        assertRefused(backend, null)
                .isInstanceOf(DaskException.class)
                .hasMessageContaining("No Dask scheduler can be used at tcp://127.0.0.1:1 within 10 s")
                .hasMessageContaining("address");
    }

    @Test
    void tellsOfAnAddressWhereNobodyAnswers() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            String address = "tcp://127.0.0.1:" + silent.getLocalPort();
            DaskBackend backend =
                    builder().schedulerAddress(address).startTimeout(SOON).build();
            assertRefused(backend, null)
                    .isInstanceOf(DaskException.class)
                    .hasMessageContaining("No Dask scheduler can be used at " + address + " within 10 s");
        }
    }

    @Test
    void tellsOfAnAddressThatIsNone() throws IOException {
        DaskBackend backend =
                builder().schedulerAddress("nonsense://x").startTimeout(SOON).build();
        assertRefused(backend, null).isInstanceOf(DaskException.class).hasMessageContaining("nonsense://x");
    }

    @Test
    void tellsThatThereIsNoPython() throws IOException {
        DaskBackend backend =
                DaskBackend.builder().python(folder + "/no-python").workers(1).build();
        assertRefused(backend, null)
                .isInstanceOf(DaskException.class)
                .hasMessageContaining("no-python")
                .hasMessageContaining("HEDDLE_PYTHON");
    }

    @Test
    void tellsThatPythonHasNoDask() throws IOException {
        DaskBackend backend = builder("exec " + DaskCluster.python() + " -S \"$@\"")
                .workers(1)
                .build();
        assertRefused(backend, null)
                .isInstanceOf(DaskException.class)
                .hasMessageContaining("cannot import distributed")
                .hasMessageContaining("pip install distributed");
    }

    @Test
    void tellsThatTheClusterIsOfAnotherVersion() throws IOException {
        try (DaskCluster cluster = cluster(1, 1)) {
            Files.writeString(folder.resolve("sitecustomize.py"), OTHER_VERSION);
            DaskBackend backend = builder("PYTHONPATH=" + folder + " exec " + DaskCluster.python() + " \"$@\"")
                    .schedulerAddress(cluster.address())
                    .build();
            assertRefused(backend, cluster)
                    .isInstanceOf(DaskException.class)
                    .hasMessageContaining("other versions")
                    .hasMessageContaining("1999.1.0");
        }
    }

    @Test
    void tellsThatADaskWorkerHasNoJdk() throws IOException {
        try (DaskCluster cluster = cluster(1, 1);
                DaskBackend backend = builder()
                        .javaHome(folder + "/no-jdk")
                        .schedulerAddress(cluster.address())
                        .build()) {
            assertRefused(backend, cluster)
                    .isInstanceOf(ParallelException.class)
                    .hasMessageContaining("beside the Dask worker tcp://127.0.0.1:")
                    .hasMessageContaining("no Java 25 or newer")
                    .hasMessageContaining("no-jdk");
        }
    }

    @Test
    void tellsThatAClusterHasNoWorker() throws IOException {
        try (DaskCluster cluster = cluster(0, 1);
                DaskBackend backend = builder()
                        .schedulerAddress(cluster.address())
                        .startTimeout(SOON)
                        .build()) {
            assertRefused(backend, cluster)
                    .isInstanceOf(DaskException.class)
                    .hasMessageContaining("no worker for PT10S");
        }
    }

    @Test
    void tellsThatTheClusterIsFull() throws IOException {
        try (DaskCluster cluster = cluster(1, 2);
                OtherUser other = OtherUser.taking(2, cluster);
                DaskBackend backend = builder()
                        .schedulerAddress(cluster.address())
                        .startTimeout(SOON)
                        .build()) {
            assertThat(other).isNotNull();
            assertRefused(backend, cluster)
                    .isInstanceOf(ParallelException.class)
                    .hasMessageContaining("no slot was free within 10 s: all 2 slots");
        }
    }

    @Test
    void aSidecarThatNobodyUsesEndsAlsoWhereNoWorkerJvmWasStarted() throws IOException {
        try (DaskCluster cluster = DaskCluster.start(1, 2);
                OtherUser other = OtherUser.taking(2, cluster)) {
            assertThat(other).isNotNull();
            DaskBackend backend = builder()
                    .schedulerAddress(cluster.address())
                    .startTimeout(SOON)
                    .idleLimit(Duration.ofSeconds(2))
                    .build();
            assertThat(backend.effectiveJobs(8)).isEqualTo(2);
            Remains.awaitNoSidecar();
            assertThatThrownBy(() -> negated(backend)).hasMessageContaining("no slot was free");
            Remains.awaitNoSidecar();
        }
    }

    @Test
    void worksOnWithTheSlotsThatOthersLeave() throws IOException {
        try (DaskCluster cluster = DaskCluster.start(1, 2);
                OtherUser other = OtherUser.taking(1, cluster);
                DaskBackend backend = builder()
                        .schedulerAddress(cluster.address())
                        .startTimeout(SOON)
                        .build()) {
            assertThat(other).isNotNull();
            assertThat(Parallel.builder().backend(backend).build().range(20, index -> {
                        Thread.sleep(600); // longer together than the start timeout
                        return index;
                    }))
                    .hasSize(20);
        }
    }

    @Test
    void joinsAClusterThatWantsTls() throws Exception {
        Certificate own = Certificate.make(folder, "cluster");
        Certificate stranger = Certificate.make(folder, "stranger");
        List<String> security = List.of(
                "--protocol",
                "tls",
                "--tls-ca-file",
                own.certificate().toString(),
                "--tls-cert",
                own.certificate().toString(),
                "--tls-key",
                own.key().toString());
        try (DaskCluster cluster = cluster(1, 1, security)) {
            assertThat(cluster.address()).startsWith("tls://");
            try (DaskBackend backend = secured(cluster, own)) {
                assertThat(negated(backend)).containsExactly(-1, -2, -3, -4, -5);
            }
            assertRefused(secured(cluster, stranger), cluster)
                    .isInstanceOf(DaskException.class)
                    .hasMessageContaining(cluster.address())
                    .hasMessageContaining("tlsCaFile");
        }
    }

    private DaskBackend secured(DaskCluster cluster, Certificate by) throws IOException {
        return builder()
                .schedulerAddress(cluster.address())
                .tlsCaFile(by.certificate())
                .tlsCertFile(by.certificate())
                .tlsKeyFile(by.key())
                .startTimeout(Duration.ofSeconds(20))
                .build();
    }

    @Test
    void startsALocalClusterWhereNoneIsNamed() throws IOException {
        try (DaskBackend backend = builder().workers(1).threadsPerWorker(2).build()) {
            assertThat(backend.effectiveJobs(8)).isEqualTo(2);
            assertThat(negated(backend)).containsExactly(-1, -2, -3, -4, -5);
        }
    }
}
