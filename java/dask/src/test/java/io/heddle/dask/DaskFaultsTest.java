package io.heddle.dask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.dask.fixture.DaskCluster;
import io.heddle.dask.fixture.Remains;
import io.heddle.fixture.ChildJvm;
import io.heddle.processes.failure.TerminatedWorkerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Parts of a cluster, or a side of a session, are lost in mid-run. */
@Timeout(240)
final class DaskFaultsTest {
    private static final Duration HANG = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private DaskCluster cluster;
    private DaskBackend backend;
    private ExecutorService caller;

    @BeforeEach
    void start() {
        cluster = DaskCluster.start(2, 1);
        backend = DaskBackend.builder()
                .schedulerAddress(cluster.address())
                .python(DaskCluster.python())
                .javaHome(System.getProperty("java.home"))
                .startTimeout(Duration.ofSeconds(30))
                .build();
        caller = Executors.newSingleThreadExecutor();
    }

    @AfterEach
    void leavesNothing() {
        if (cluster != null) {
            backend.close();
            caller.shutdownNow();
            Remains.awaitNoSidecar();
            Remains.awaitNoWorkerJvm();
            cluster.close();
        }
    }

    /** Tasks that tell by a file that they run, and wait for another. */
    private Future<List<Integer>> waiting(Parallel parallel, int tasks) {
        String here = folder.toString();
        return caller.submit(() -> parallel.range(tasks, index -> {
            Files.writeString(Path.of(here, "running-" + index), "");
            while (!Files.exists(Path.of(here, "go"))) {
                new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS);
            }
            return index;
        }));
    }

    private void awaitRunning(int tasks) {
        await().atMost(HANG).until(() -> {
            try (Stream<Path> files = Files.list(folder)) {
                return files.filter(file -> file.getFileName().toString().startsWith("running-"))
                                .count()
                        >= tasks;
            }
        });
    }

    private static Throwable failure(Future<?> call) throws Exception {
        try {
            Object result = call.get(HANG.toSeconds(), TimeUnit.SECONDS);
            throw new AssertionError("the call has succeeded: " + result);
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    @Test
    void aLostDaskWorkerFailsItsTask() throws Exception {
        Future<List<Integer>> call =
                waiting(Parallel.builder().backend(backend).jobs(2).build(), 2);
        awaitRunning(2);
        List<ProcessHandle> jvms = Remains.workerJvms().toList();
        cluster.workers().getFirst().destroyForcibly();
        assertThat(failure(call))
                .hasRootCauseInstanceOf(TerminatedWorkerException.class)
                .hasMessageContaining("was lost while it ran task")
                .hasMessageContaining("the connection to the Dask worker tcp://127.0.0.1:");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> jvms.stream().filter(ProcessHandle::isAlive).count() < jvms.size());
        backend.close();
        await().atMost(Duration.ofSeconds(20)).until(() -> jvms.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void theTasksOfALostDaskWorkerRunAgainWhereThatIsWanted() throws Exception {
        Parallel parallel =
                Parallel.builder().backend(backend).jobs(2).retries(3).build();
        Future<List<Integer>> call = waiting(parallel, 20);
        awaitRunning(2);
        cluster.workers().getFirst().destroyForcibly();
        Files.writeString(folder.resolve("go"), "");
        assertThat(call.get(HANG.toSeconds(), TimeUnit.SECONDS))
                .isEqualTo(IntStream.range(0, 20).boxed().toList());
    }

    @Test
    void aWorkerJvmThatIsKilledSaysBySignalWhy() throws Exception {
        Future<List<Integer>> call =
                waiting(Parallel.builder().backend(backend).jobs(2).build(), 2);
        awaitRunning(2);
        Remains.workerJvms().findFirst().orElseThrow().destroyForcibly();
        assertThat(failure(call))
                .hasRootCauseInstanceOf(TerminatedWorkerException.class)
                .hasMessageContaining("killed by SIGKILL");
        Files.writeString(folder.resolve("go"), "");
        assertThat(Parallel.builder().backend(backend).build().range(4, index -> index))
                .containsExactly(0, 1, 2, 3);
    }

    @Test
    void aLostSchedulerFailsTheCall() throws Exception {
        Future<List<Integer>> call =
                waiting(Parallel.builder().backend(backend).jobs(2).build(), 2);
        awaitRunning(2);
        List<ProcessHandle> jvms = Remains.workerJvms().toList();
        cluster.scheduler().destroyForcibly();
        assertThat(failure(call))
                .hasRootCauseInstanceOf(TerminatedWorkerException.class)
                .hasMessageContaining("lost");
        Remains.awaitNoSidecar();
        await().atMost(Duration.ofSeconds(20)).until(() -> jvms.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void aKilledSidecarFailsTheCallAndTheNextOneHasAnother() throws Exception {
        Future<List<Integer>> call =
                waiting(Parallel.builder().backend(backend).jobs(2).build(), 2);
        awaitRunning(2);
        Remains.sidecars().forEach(ProcessHandle::destroyForcibly);
        assertThat(failure(call))
                .hasRootCauseInstanceOf(TerminatedWorkerException.class)
                .hasMessageContaining("sidecar");
        Remains.awaitNoWorkerJvm();
        Files.writeString(folder.resolve("go"), "");
        assertThat(Parallel.builder().backend(backend).build().range(4, index -> index))
                .containsExactly(0, 1, 2, 3);
    }

    @Test
    void callsFollowTheClusterAsItGrows() throws Exception {
        assertThat(backend.effectiveJobs(8)).isEqualTo(2);
        cluster.addWorker(2);
        await().atMost(HANG).until(() -> backend.effectiveJobs(8) == 4);
        assertThat(Parallel.builder().backend(backend).build().effectiveJobs()).isEqualTo(4);
    }

    @Test
    void nothingIsLeftOfAProgramThatIsKilled() throws Exception {
        Process program = start(KilledProgram.class);
        try {
            awaitRunning(2);
            List<ProcessHandle> children = program.descendants().toList();
            assertThat(children).isNotEmpty();
            assertThat(Remains.workerJvms()).hasSize(2);
            program.destroyForcibly().waitFor();
            Remains.awaitNoWorkerJvm();
            await().atMost(Duration.ofSeconds(20)).until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
        } finally {
            program.destroyForcibly().waitFor();
        }
        assertThatThrownBy(() -> Parallel.builder().backend(backend).build().range(2, index -> {
                    throw new IllegalStateException("the cluster is of use to others");
                }))
                .hasMessageContaining("the cluster is of use to others");
    }

    private Process start(Class<?> main) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        ChildJvm.absoluteClassPath(),
                        main.getName(),
                        cluster.address(),
                        DaskCluster.python(),
                        folder.toString())
                .inheritIO()
                .start();
    }

    /** Runs two tasks that end with it. */
    static final class KilledProgram {
        private KilledProgram() {}

        public static void main(String[] arguments) {
            DaskBackend backend = DaskBackend.builder()
                    .schedulerAddress(arguments[0])
                    .python(arguments[1])
                    .javaHome(System.getProperty("java.home"))
                    .build();
            String here = arguments[2];
            Parallel.builder().backend(backend).jobs(2).build().range(2, index -> {
                Files.writeString(Path.of(here, "running-" + index), "");
                new CountDownLatch(1).await();
                return index;
            });
        }
    }
}
