package io.heddle;

import static io.heddle.fixture.Elsewhere.HANG;
import static io.heddle.fixture.Elsewhere.awaitUninterruptibly;
import static io.heddle.fixture.Elsewhere.elsewhere;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Constraint;
import io.heddle.backend.Execution;
import io.heddle.backend.Work;
import io.heddle.fixture.CountingBackend;
import io.heddle.fixture.RecordedCalls;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks that run on the thread that made their call: whom an interrupt is for, what binds them, and where they cannot run. */
@Timeout(60)
class CallingThreadCasesTest {
    private static final Duration SHORT = Duration.ofMillis(50);

    /** Computes, and heeds nothing but what is asked. */
    private static boolean busyUntil(BooleanSupplier condition) {
        long deadline = System.nanoTime() + HANG.dividedBy(2).toNanos();
        boolean holds = condition.getAsBoolean();
        while (!holds && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            holds = condition.getAsBoolean();
        }
        return holds;
    }

    private static boolean isCancelled() {
        return TaskContext.current().orElseThrow().isCancelled();
    }

    // cancellation

    @Test
    void aTaskSeesThatTheCallAroundItsOwnIsCancelled() {
        CountDownLatch runs = new CountDownLatch(1);
        AtomicBoolean seen = new AtomicBoolean();
        assertThatThrownBy(() -> Parallel.jobs(2).range(2, index -> {
                    if (index == 1) {
                        runs.await();
                        throw new IllegalStateException("beside");
                    }
                    return Parallel.jobs(1).range(1, _ -> {
                        runs.countDown();
                        seen.set(busyUntil(() -> {
                            Thread.interrupted(); // not told by that
                            return isCancelled();
                        }));
                        return null;
                    });
                }))
                .hasRootCauseMessage("beside");
        assertThat(seen).isTrue();
    }

    @Test
    void aTaskSeesThatTheTimeOfTheTaskAroundIsOver() {
        AtomicBoolean seen = new AtomicBoolean();
        Parallel limited = Parallel.builder().jobs(2).timeLimit(SHORT).build();
        assertThatThrownBy(() -> limited.range(
                        2,
                        index -> Parallel.jobs(1).range(1, _ -> {
                            if (index == 0) {
                                seen.set(busyUntil(() -> {
                                    Thread.interrupted();
                                    return isCancelled();
                                }));
                            }
                            return null;
                        })))
                .hasRootCauseInstanceOf(TimeoutException.class);
        assertThat(seen).isTrue();
    }

    @Test
    void aTaskSeesAnInterruptOfTheCallingThread() throws Exception {
        Queue<Boolean> seen = new ConcurrentLinkedQueue<>();
        assertThatThrownBy(() -> elsewhere(() -> Parallel.jobs(1).range(2, _ -> {
                    seen.add(isCancelled());
                    Thread.currentThread().interrupt();
                    seen.add(isCancelled());
                    return null;
                })))
                .hasCauseInstanceOf(CancellationException.class);
        assertThat(seen).containsExactly(false, true);
    }

    // whom an interrupt is for

    @Test
    void anInterruptOfTheCallerDuringALateTaskCancelsTheCall() throws Exception {
        AtomicInteger started = new AtomicInteger();
        Parallel limited =
                Parallel.builder().backend("sequential").timeLimit(SHORT).build();
        assertThat(elsewhere(() -> {
                    assertThatThrownBy(() -> limited.outcomes(upTo(5), input -> {
                                started.incrementAndGet();
                                assertThat(busyUntil(CallingThreadCasesTest::isCancelled))
                                        .isTrue();
                                Thread.currentThread().interrupt();
                                return input;
                            }))
                            .isInstanceOf(CancellationException.class);
                    return Thread.currentThread().isInterrupted();
                }))
                .as("its flag is still set")
                .isTrue();
        assertThat(started).hasValue(1);
    }

    @Test
    void aCancelOfTheCallAroundDuringALateTaskCancelsTheNestedCall() {
        CountDownLatch late = new CountDownLatch(1);
        AtomicInteger started = new AtomicInteger();
        Parallel limited =
                Parallel.builder().backend("sequential").timeLimit(SHORT).build();
        assertThatThrownBy(() -> Parallel.jobs(2).range(2, index -> {
                    if (index == 1) {
                        late.await();
                        throw new IllegalStateException("beside");
                    }
                    return limited.outcomes(upTo(5), input -> {
                        started.incrementAndGet();
                        busyUntil(CallingThreadCasesTest::isCancelled);
                        late.countDown();
                        busyUntil(Thread.currentThread()::isInterrupted);
                        return input;
                    });
                }))
                .hasRootCauseMessage("beside");
        assertThat(started).hasValue(1);
    }

    @Test
    void anInterruptedExceptionOfATaskIsTakenForAnInterruptOfTheCaller() throws Exception {
        assertThat(elsewhere(() -> {
                    assertThatThrownBy(() -> Parallel.builder()
                                    .jobs(1)
                                    .retries(3)
                                    .build()
                                    .outcomes(upTo(2), _ -> {
                                        throw new InterruptedException("of the task");
                                    }))
                            .isInstanceOf(CancellationException.class)
                            .hasRootCauseInstanceOf(InterruptedException.class)
                            .hasRootCauseMessage("of the task");
                    return Thread.currentThread().isInterrupted();
                }))
                .isTrue();
    }

    /** Shares the memory, and is done when its start returns. */
    private static final class ThereAndThen implements Backend {
        @Override
        public String name() {
            return "there-and-then";
        }

        @Override
        public boolean sharesMemory() {
            return true;
        }

        @Override
        public boolean holdsInnerLimit() {
            return true;
        }

        @Override
        public int effectiveJobs(int jobs) {
            return jobs;
        }

        @Override
        public Execution start(Work work, CallSettings settings) {
            try {
                work.runHere(0);
            } finally {
                work.end();
            }
            return () -> {};
        }
    }

    @Test
    void aBackendThatRunsTasksInItsStartHeedsTheCallersInterrupt() throws Exception {
        AtomicInteger started = new AtomicInteger();
        Parallel parallel =
                Parallel.builder().backend(new ThereAndThen()).jobs(2).build();
        assertThat(elsewhere(() -> {
                    assertThatThrownBy(() -> parallel.map(upTo(5), input -> {
                                started.incrementAndGet();
                                Thread.currentThread().interrupt();
                                return input;
                            }))
                            .isInstanceOf(CancellationException.class);
                    return Thread.currentThread().isInterrupted();
                }))
                .isTrue();
        assertThat(started).hasValue(1);
    }

    // what binds the calls of tasks, whether on the calling thread or on a worker

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theListenerOfACallIsToldOnceOfTheCallsOfItsTasks(int jobs) {
        RecordedCalls calls = new RecordedCalls();
        RecordedCalls around = new RecordedCalls();
        try (var _ = ParallelConfig.create().listener(around).open()) {
            Parallel.builder()
                    .jobs(jobs)
                    .listener(calls)
                    .build()
                    .range(2, _ -> Parallel.create().range(2, index -> index));
        }
        assertThat(calls.started()).hasSize(3);
        assertThat(around.started()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theConstraintOfACallBindsTheCallsOfItsTasks(int jobs) {
        Parallel bound =
                Parallel.builder().jobs(jobs).require(Constraint.SHARED_MEMORY).build();
        Parallel other = Parallel.builder()
                .backend(CountingBackend.separate("elsewhere", 1))
                .build();
        assertThatThrownBy(() -> bound.range(2, _ -> other.range(2, index -> index)))
                .hasRootCauseInstanceOf(IllegalArgumentException.class)
                .hasStackTraceContaining("names the backend 'elsewhere'");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theInnerLimitOfACallCapsTheCallsOfItsTasks(int jobs) {
        RecordedCalls calls = new RecordedCalls();
        try (var _ =
                ParallelConfig.create().innerMaxNumThreads(2).listener(calls).open()) {
            Parallel.builder()
                    .jobs(jobs)
                    .innerMaxNumThreads(1)
                    .build()
                    .range(2, _ -> Parallel.jobs(1).range(1, index -> index));
        }
        assertThat(calls.started())
                .hasSize(3)
                .allSatisfy(status -> assertThat(status.innerMaxNumThreads()).isOne());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theRetriesOfACallAreNotForTheCallsOfItsTasks(int jobs) {
        AtomicInteger runs = new AtomicInteger();
        Parallel tried = Parallel.builder().jobs(jobs).retries(2).build();
        assertThatThrownBy(() -> tried.range(
                        1,
                        _ -> Parallel.jobs(1).range(1, _ -> {
                            runs.incrementAndGet();
                            throw new IllegalStateException("inner");
                        })))
                .hasRootCauseMessage("inner");
        assertThat(runs).hasValue(3);
    }

    @Test
    void oneConstraintInsideTheOtherIsRefused() {
        ParallelConfig inner = ParallelConfig.create().require(Constraint.SEPARATE_PROCESSES);
        Parallel call =
                Parallel.builder().require(Constraint.SEPARATE_PROCESSES).build();
        try (var _ = ParallelConfig.create().require(Constraint.SHARED_MEMORY).open()) {
            assertThatThrownBy(() -> inner.run(() -> {}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("require(SEPARATE_PROCESSES)")
                    .hasMessageContaining("require(SHARED_MEMORY)");
            assertThatThrownBy(() -> call.range(1, index -> index))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("leave out one");
            assertThat(Parallel.create().range(1, index -> index)).containsExactly(0);
        }
    }

    // where they cannot run

    @Test
    void aTimeLimitHoldsBelowTheFirstLevelOfNesting() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        Parallel limited = Parallel.builder().jobs(2).timeLimit(SHORT).build();
        try {
            assertThatThrownBy(() -> elsewhere(() -> Parallel.jobs(2)
                            .range(
                                    2,
                                    outer -> Parallel.jobs(2).range(2, middle -> {
                                        if (outer + middle == 0) {
                                            limited.range(1, _ -> {
                                                awaitUninterruptibly(release);
                                                return null;
                                            });
                                        }
                                        return null;
                                    }))))
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseInstanceOf(TimeoutException.class)
                    .hasStackTraceContaining("time limit of PT0.05S");
        } finally {
            release.countDown();
        }
    }

    @Test
    void aStreamOfOneJobIsNotConsumedOnAVirtualThreadAndSaysWhatToDo() throws Exception {
        try (Stream<Integer> results = Parallel.jobs(1).ordered(List.of(1, 2), input -> input)) {
            FutureTask<List<Integer>> consuming = new FutureTask<>(results::toList);
            Thread.ofVirtual().start(consuming);
            assertThatThrownBy(() -> consuming.get(HANG.toSeconds(), TimeUnit.SECONDS))
                    .hasCauseInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is virtual")
                    .hasMessageContaining("jobs(2)");
        }
    }
}
