package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.backend.CallSettings;
import io.heddle.fixture.CountingBackend;
import io.heddle.fixture.Warnings;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls whose tasks run on other machines, as their backend says. */
@Timeout(60)
class CpusElsewhereTest {
    private static final int CPUS = 1000;

    @Test
    void allCpusAreThoseOfTheBackend() {
        CountingBackend cluster = CountingBackend.elsewhere("cluster", CPUS);
        assertThat(on(cluster, -1).effectiveJobs()).isEqualTo(CPUS);
        assertThat(on(cluster, -3).effectiveJobs()).isEqualTo(CPUS - 2);
        assertThat(Parallel.builder().backend(cluster).build().effectiveJobs()).isEqualTo(CPUS);
        try (var _ = ParallelConfig.backend(cluster).open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(CPUS);
        }
    }

    @Test
    void workersShareThemOut() {
        CountingBackend cluster = CountingBackend.elsewhere("cluster", CPUS);
        List<Integer> shares = on(cluster, 3).range(6, _ -> Parallel.usableCpus());
        CallSettings call = cluster.calls().getFirst();
        assertThat(call.cpus()).isEqualTo(CPUS);
        assertThat(call.innerMaxNumThreads(0)).isEqualTo(334);
        assertThat(call.innerMaxNumThreads(1)).isEqualTo(333);
        assertThat(shares).hasSize(6).isSubsetOf(334, 333);
    }

    @Test
    void aCallHoldsNoneOfThisMachines() throws Exception {
        CountingBackend cluster = CountingBackend.elsewhere("cluster", CPUS);
        CountingBackend here = CountingBackend.separate("here", 1);
        CountDownLatch running = new CountDownLatch(2);
        CountDownLatch over = new CountDownLatch(1);
        try (var caller = Executors.newSingleThreadExecutor()) {
            Future<?> there = caller.submit(() -> on(cluster, 2).range(2, index -> {
                running.countDown();
                over.await();
                return index;
            }));
            running.await();
            int cpus = Parallel.usableCpus();
            on(here, -1).range(cpus, index -> index);
            assertThat(here.calls().getFirst().cpus()).isEqualTo(cpus);
            on(cluster, 1).range(1, index -> index);
            assertThat(cluster.calls().getLast().cpus())
                    .as("calls on a cluster share nothing here either")
                    .isEqualTo(CPUS);
            over.countDown();
            there.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void aCallMadeInATaskTakesThemToo() {
        CountingBackend cluster = CountingBackend.elsewhere("cluster", CPUS);
        List<Integer> jobs = Parallel.jobs(2).range(2, _ -> on(cluster, -1).effectiveJobs());
        assertThat(jobs).containsOnly(CPUS);
    }

    @Test
    void moreJobsThanThisMachineHasCpusAreNoOversubscription() {
        CountingBackend cluster = CountingBackend.elsewhere("cluster", 7);
        List<String> warnings = Warnings.during(() -> Parallel.builder()
                .backend(cluster)
                .jobs(7)
                .innerMaxNumThreads(411)
                .build()
                .range(7, index -> index));
        assertThat(warnings).noneMatch(each -> each.contains("oversubscribe"));
    }

    @Test
    void aPlaceWithoutCpusIsRefused() {
        CountingBackend empty = CountingBackend.elsewhere("cluster", 0);
        assertThatThrownBy(() -> on(empty, 2).range(2, index -> index))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "The backend 'cluster' has no CPU for this call (cpus = 0): start workers, or choose another backend");
    }

    @Test
    void aBackendOfThisProcessIsNotAsked() {
        CountingBackend wrong = CountingBackend.contradictory("wrong", CPUS);
        assertThat(on(wrong, -1).effectiveJobs()).isEqualTo(Parallel.usableCpus());
    }

    private static Parallel on(CountingBackend backend, int jobs) {
        return Parallel.builder().backend(backend).jobs(jobs).build();
    }
}
