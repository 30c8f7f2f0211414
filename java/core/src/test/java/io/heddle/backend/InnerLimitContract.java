package io.heddle.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.NativeThreads;
import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.TaskFailedException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every backend must do that can keep the native libraries of its workers to a number of threads. */
public abstract class InnerLimitContract extends BackendContract {
    /** The CPUs that a call shares out. */
    private int cpus() {
        return backend().cpus().orElse(Parallel.usableCpus());
    }

    @Test
    @InArea(Area.NESTING)
    void givesANestedCallItsWorkersShare() {
        Parallel parallel = Parallel.builder()
                .backend(backend())
                .jobs(2)
                .innerMaxNumThreads(7)
                .build();
        int share = Math.max(cpus() / parallel.effectiveJobs(), 1);
        assertThat(parallel.range(4, index -> Parallel.usableCpus())).containsOnly(share);
        assertThat(parallel.range(4, index -> Parallel.create().effectiveJobs()))
                .containsOnly(share);
    }

    @Test
    @InArea(Area.INNER_LIMIT)
    void holdsTheInnerLimitByUse() {
        OpenMpProbe.assumeBuilt();
        for (int inner = 1; inner <= 3; inner++) {
            Parallel parallel = Parallel.builder()
                    .backend(backend())
                    .jobs(2)
                    .innerMaxNumThreads(inner)
                    .build();
            loadProbe(parallel);
            assertThat(parallel.range(8, index -> OpenMpProbe.threads())).containsOnly(inner);
        }
    }

    @Test
    @InArea(Area.INNER_LIMIT)
    void takesTheInnerLimitFromTheCpusAndTheJobs() {
        OpenMpProbe.assumeBuilt();
        int cpus = cpus();
        Parallel all = parallel(-1);
        int expected = Math.max(cpus / all.effectiveJobs(), 1);
        loadProbe(all);
        assertThat(all.range(8, index -> OpenMpProbe.threads())).containsOnly(expected);
    }

    @Test
    @InArea(Area.INNER_LIMIT)
    void leavesNoLimitBehind() {
        OpenMpProbe.assumeBuilt();
        OpenMpProbe.threads();
        var before = NativeThreads.info();
        Parallel one = Parallel.builder()
                .backend(backend())
                .jobs(2)
                .innerMaxNumThreads(1)
                .build();
        one.range(20, index -> OpenMpProbe.threads());
        assertThatThrownBy(() -> one.range(20, BackendContract::failsInAMethodOfItsOwn))
                .isInstanceOf(TaskFailedException.class);
        assertThat(NativeThreads.info()).isEqualTo(before);
    }

    @Test
    @InArea(Area.CONTEXT)
    void isReachedByTheContextAlone() {
        try (var _ =
                ParallelConfig.backend(backend()).jobs(2).innerMaxNumThreads(5).open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(backend().effectiveJobs(2));
            OpenMpProbe.assumeBuilt();
            loadProbe(Parallel.create());
            assertThat(libraryCode()).containsOnly(5);
        }
    }

    @Test
    @InArea(Area.NESTING)
    void doesNotTakeTheCallersJobsIntoItsTasks() {
        try (var _ =
                ParallelConfig.backend(backend()).jobs(2).innerMaxNumThreads(4).open()) {
            if (Parallel.create().effectiveJobs() > 1) {
                int share = Math.max(cpus() / 2, 1);
                assertThat(Parallel.create().range(2, index -> Parallel.create().effectiveJobs()))
                        .as("nested calls have the worker's share, not the caller's jobs")
                        .containsOnly(share);
            }
        }
    }

    @Test
    @InArea(Area.INNER_LIMIT)
    void undoesWhatATaskLeavesOpen() {
        OpenMpProbe.assumeBuilt();
        OpenMpProbe.threads();
        var before = NativeThreads.info();
        Parallel parallel = Parallel.builder()
                .backend(backend())
                .jobs(2)
                .innerMaxNumThreads(3)
                .build();
        loadProbe(parallel);
        parallel.range(20, InnerLimitContract::leavesALimitAndAConfigurationOpen);
        assertThat(parallel.range(8, index -> OpenMpProbe.threads())).containsOnly(3);
        assertThat(parallel.range(8, index -> Parallel.create().effectiveJobs()))
                .doesNotContain(77);
        assertThat(NativeThreads.info()).isEqualTo(before);
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(Parallel.usableCpus());
    }

    private static int leavesALimitAndAConfigurationOpen(int index) {
        NativeThreads.limit(1);
        ParallelConfig.create().jobs(77).open();
        return index;
    }

    /** In every worker, as far as they come within some turns: a limit holds from the range of tasks after that on. */
    private static void loadProbe(Parallel parallel) {
        int workers = parallel.effectiveJobs();
        Set<String> seen = new HashSet<>();
        for (int turn = 0; turn < 50 && seen.size() < workers; turn++) {
            seen.addAll(parallel.range(4 * workers, index -> {
                OpenMpProbe.threads();
                spin(1_000_000);
                return ProcessHandle.current().pid() + "/"
                        + Thread.currentThread().threadId();
            }));
        }
    }

    /** Library code that leaves everything to its caller. */
    private static List<Integer> libraryCode() {
        return Parallel.create().range(4, index -> OpenMpProbe.threads());
    }
}
