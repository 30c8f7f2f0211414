package io.heddle.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.NativeThreads;
import io.heddle.Parallel;
import io.heddle.TaskFailedException;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;

class VirtualThreadsBackendTest extends BackendContract {
    private final Parallel virtual =
            Parallel.builder().backend("virtual-threads").build();

    @Override
    protected Backend backend() {
        return VirtualThreadsBackend.INSTANCE;
    }

    @Test
    void hasManyWorkersUnlessJobsAreSaid() {
        assertThat(virtual.effectiveJobs()).isEqualTo(VirtualThreadsBackend.DEFAULT_JOBS);
        CyclicBarrier all = new CyclicBarrier(200);
        assertThat(virtual.range(200, index -> {
                    all.await();
                    return Thread.currentThread().isVirtual();
                }))
                .containsOnly(true);
    }

    @Test
    void refusesALimitInATask() {
        assertThatThrownBy(() -> virtual.range(1, index -> {
                    NativeThreads.limit(1).close();
                    return index;
                }))
                .isInstanceOf(TaskFailedException.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("virtual thread");
    }

    @Test
    void runsCallsOfItsTasksOnPlatformThreadsThatShareTheCpus() {
        assertThat(virtual.range(
                        3,
                        index -> Parallel.create()
                                .range(4, _ -> Thread.currentThread().isVirtual())))
                .allSatisfy(nested -> assertThat(nested).containsOnly(false));
        assertThat(virtual.range(1, index -> Parallel.usableCpus())).containsOnly(Parallel.usableCpus());
    }
}
