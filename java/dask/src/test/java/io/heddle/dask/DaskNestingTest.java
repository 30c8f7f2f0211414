package io.heddle.dask;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import io.heddle.dask.fixture.DaskCluster;
import io.heddle.dask.fixture.Remains;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls that tasks make, on the cluster that the tasks run on. */
@Timeout(240)
final class DaskNestingTest {
    private DaskCluster cluster;
    private DaskBackend backend;

    @BeforeEach
    void start() {
        cluster = DaskCluster.start(2, 1);
        backend = DaskBackend.builder()
                .schedulerAddress(cluster.address())
                .python(DaskCluster.python())
                .javaHome(System.getProperty("java.home"))
                .build();
    }

    @AfterEach
    void stop() {
        if (cluster != null) {
            backend.close();
            Remains.awaitNoWorkerJvm();
            cluster.close();
        }
    }

    @Test
    void aTaskThatWaitsForCallsOfItsOwnGivesItsSlotBack() {
        List<Integer> sums = Parallel.builder()
                .backend(backend)
                .jobs(2)
                .build()
                .range(
                        4,
                        outer -> Parallel.builder()
                                .backend("dask")
                                .option("javaHome", System.getProperty("java.home"))
                                .jobs(2)
                                .build()
                                .range(3, inner -> 10 * outer + inner)
                                .stream()
                                .mapToInt(Integer::intValue)
                                .sum());
        assertThat(sums)
                .as("both slots are the outer tasks', so that inner ones would wait for ever")
                .isEqualTo(
                        IntStream.range(0, 4).mapToObj(outer -> 30 * outer + 3).toList());
    }

    @Test
    void aTaskThatHasManySlotsGivesAllOfThemBack(@TempDir Path folder) {
        String here = folder.toString();
        try (DaskCluster wide = DaskCluster.start(1, 2);
                DaskBackend outer = DaskBackend.builder()
                        .schedulerAddress(wide.address())
                        .python(DaskCluster.python())
                        .javaHome(System.getProperty("java.home"))
                        .build()) {
            assertThat(Parallel.builder()
                            .backend(outer)
                            .jobs(1)
                            .innerMaxNumThreads(2)
                            .build()
                            .range(
                                    1,
                                    _ -> Parallel.builder()
                                            .backend("dask")
                                            .option("javaHome", System.getProperty("java.home"))
                                            .jobs(2)
                                            .innerMaxNumThreads(1)
                                            .batchSize(1)
                                            .build()
                                            .range(2, inner -> meet(here, inner))))
                    .containsExactly(List.of(0, 1));
        }
    }

    /** Returns when the other one of two tasks has come, too. */
    private static int meet(String folder, int which) throws IOException, InterruptedException {
        Files.writeString(Path.of(folder, "task-" + which), "");
        while (!Files.exists(Path.of(folder, "task-" + (1 - which)))) {
            new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS);
        }
        return which;
    }

    @Test
    void callsOfTasksRunOnThreadsOfTheWorkerUnlessTheySayOtherwise() {
        List<Long> pids = Parallel.builder()
                .backend(backend)
                .jobs(2)
                .build()
                .range(
                        2,
                        outer -> Parallel.create()
                                                .range(
                                                        4,
                                                        inner -> ProcessHandle.current()
                                                                .pid())
                                                .stream()
                                                .distinct()
                                                .count()
                                        * 1000
                                + outer);
        assertThat(pids).containsExactly(1000L, 1001L);
    }
}
