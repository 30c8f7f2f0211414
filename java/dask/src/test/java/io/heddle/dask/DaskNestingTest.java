package io.heddle.dask;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import io.heddle.dask.fixture.DaskCluster;
import io.heddle.dask.fixture.Remains;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
