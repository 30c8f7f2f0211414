package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.backend.OpenMpProbe;
import io.heddle.backend.SequentialBackend;
import io.heddle.control.Registration;
import io.heddle.fixture.RecordedCalls;
import io.heddle.topology.UsableCpus;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ParallelConfigTest {
    private static final int CPUS = UsableCpus.now().count();

    @Test
    void isTheDefaultOfCallsThatSayNothing() {
        try (var _ = ParallelConfig.create().jobs(7).open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(7);
        }
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(CPUS);
    }

    @Test
    void yieldsToWhatTheCallSays() {
        try (var _ = ParallelConfig.create().jobs(7).open()) {
            assertThat(Parallel.jobs(3).effectiveJobs()).isEqualTo(3);
        }
    }

    @Test
    void inheritsWhatTheInnerOneDoesNotSay() {
        try (var _ =
                ParallelConfig.backend("threads").jobs(5).innerMaxNumThreads(4).open()) {
            try (var _ = ParallelConfig.create().innerMaxNumThreads(2).open()) {
                assertThat(Parallel.create().effectiveJobs()).isEqualTo(5);
                OpenMpProbe.assumeBuilt();
                OpenMpProbe.threads();
                assertThat(Parallel.create().range(5, index -> OpenMpProbe.threads()))
                        .containsOnly(2);
            }
            assertThat(Parallel.create().range(5, index -> OpenMpProbe.threads()))
                    .containsOnly(4);
        }
    }

    @Test
    void takesAllCpusWhereItNamesABackendWithoutJobs() {
        try (var _ = ParallelConfig.backend("threads").open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(CPUS);
        }
    }

    @Test
    void takesABackendByInstance() {
        try (var _ = ParallelConfig.backend(SequentialBackend.INSTANCE).jobs(4).open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(1);
        }
    }

    @Test
    void belongsToTheThreadThatOpenedIt() throws Exception {
        try (var _ = ParallelConfig.create().jobs(7).open()) {
            CompletableFuture<Integer> elsewhere = new CompletableFuture<>();
            Thread.ofPlatform().start(() -> elsewhere.complete(Parallel.create().effectiveJobs()));
            assertThat(elsewhere.get(30, TimeUnit.SECONDS)).isEqualTo(CPUS);
        }
    }

    @Test
    void holdsForABodyAndEndsWithIt() throws Exception {
        assertThat(ParallelConfig.create().jobs(6).call(() -> Parallel.create().effectiveJobs()))
                .isEqualTo(6);
        assertThatThrownBy(() -> ParallelConfig.create().jobs(6).run(() -> {
                    throw new IllegalStateException("body");
                }))
                .hasMessage("body");
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(CPUS);
    }

    @Test
    void refusesToBeClosedOutOfOrderAndStaysOpen() {
        var outer = ParallelConfig.create().jobs(5).open();
        var inner = ParallelConfig.create().jobs(6).open();
        assertThatThrownBy(outer::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("reverse order");
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(6);
        inner.close();
        inner.close(); // a second time does nothing
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(5);
        outer.close();
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(CPUS);
    }

    @Test
    @SuppressWarnings("try") // closed by hand: that is the test
    void refusesToBeClosedByAnotherThread() throws Exception {
        try (var scope = ParallelConfig.create().jobs(7).open()) {
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            Thread.ofPlatform().name("stranger").start(() -> {
                try {
                    scope.close();
                    thrown.complete(new AssertionError("closed"));
                } catch (IllegalStateException e) {
                    thrown.complete(e);
                }
            });
            assertThat(thrown.get(30, TimeUnit.SECONDS))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("stranger");
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(7);
        }
    }

    @Test
    void refusesAnUnknownBackendBeforeItChangesAnything() {
        assertThatThrownBy(() -> ParallelConfig.backend("nowhere").open())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'nowhere'");
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(CPUS);
    }

    @Test
    void reachesACallMadeOnTheCallingThreadInsideASequentialTask() {
        try (var _ = ParallelConfig.create().jobs(1).innerMaxNumThreads(2).open()) {
            assertThat(Parallel.create().range(2, index -> Parallel.create().effectiveJobs()))
                    .as("sequential is transparent: the same configuration holds inside")
                    .containsOnly(1);
        }
    }

    @Test
    void installedItReachesTasksAsAnOpenOneDoes() {
        RecordedCalls calls = new RecordedCalls();
        AtomicInteger runs = new AtomicInteger();
        ParallelConfig config =
                ParallelConfig.create().jobs(CPUS + 2).retries(2).listener(calls);
        try (Registration _ = config.install()) {
            assertThat(Parallel.create().range(4, _ -> Parallel.create().effectiveJobs()))
                    .allSatisfy(jobs -> assertThat(jobs).isLessThanOrEqualTo(CPUS));
            assertThatThrownBy(() -> Parallel.builder()
                            .jobs(2)
                            .retries(0)
                            .build()
                            .range(
                                    1,
                                    _ -> Parallel.create().range(1, _ -> {
                                        runs.incrementAndGet();
                                        throw new IllegalStateException("inner");
                                    })))
                    .hasRootCauseMessage("inner");
        }
        assertThat(runs).hasValue(1);
        assertThat(calls.started().stream().map(CallStatus::call)).isNotEmpty().doesNotHaveDuplicates();
    }

    @Test
    void anInstalledOneIsNotTakenBackByTheRegistrationOfAnEarlierOne() {
        ParallelConfig config = ParallelConfig.create().jobs(7);
        Registration first = config.install();
        first.close();
        try (Registration _ = config.install()) {
            first.close();
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(7);
        }
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(CPUS);
    }
}
