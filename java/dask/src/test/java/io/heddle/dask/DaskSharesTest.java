package io.heddle.dask;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import io.heddle.backend.OpenMpProbe;
import io.heddle.dask.fixture.DaskCluster;
import io.heddle.fixture.Warnings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a call's workers may use where its share of the cluster is more than their Dask worker or its machine has. */
@Timeout(240)
final class DaskSharesTest {
    private static DaskBackend on(DaskCluster cluster) {
        return DaskBackend.builder()
                .schedulerAddress(cluster.address())
                .python(DaskCluster.python())
                .javaHome(System.getProperty("java.home"))
                .build();
    }

    /** OpenMP threads that work, and CPUs that a nested call has; of each task. */
    private static List<List<Integer>> used(Parallel parallel) {
        OpenMpProbe.assumeBuilt();
        parallel.range(8, _ -> OpenMpProbe.threads()); // loads it
        return parallel.range(8, _ -> List.of(OpenMpProbe.threads(), Parallel.usableCpus()));
    }

    @Test
    void noWorkerUsesMoreThanItsDaskWorkerHas() {
        try (DaskCluster cluster = DaskCluster.start(4, 1);
                DaskBackend backend = on(cluster)) {
            Parallel two = Parallel.builder().backend(backend).jobs(2).build();
            assertThat(used(two))
                    .as("a share of 2 CPUs, on Dask workers of 1 thread each")
                    .containsOnly(List.of(1, 1));
            Parallel all = Parallel.builder().backend(backend).build();
            assertThat(used(all)).containsOnly(List.of(1, 1));
            Parallel explicit = Parallel.builder()
                    .backend(backend)
                    .jobs(2)
                    .innerMaxNumThreads(9) // no other test says it: it is told once
                    .build();
            assertThat(Warnings.during(() -> assertThat(used(explicit))
                            .as("what the user said is done")
                            .containsOnly(List.of(9, 1))))
                    .anyMatch(each ->
                            each.contains("innerMaxNumThreads = 9 is more than the 1 threads of the Dask worker"));
        }
    }

    @Test
    void workersOnOneMachineUseNoMoreThanItHas() {
        int cpus = Parallel.usableCpus();
        int slots = 4 * cpus; // of two Dask workers
        try (DaskCluster cluster = DaskCluster.start(2, slots / 2);
                DaskBackend backend = on(cluster)) {
            Parallel two = Parallel.builder().backend(backend).jobs(2).build();
            int each = Math.max(cpus / 2, 1);
            assertThat(used(two)).containsOnly(List.of(each, each));
        }
    }
}
