package io.heddle;

import static io.heddle.fixture.Elsewhere.HANG;
import static io.heddle.fixture.Elsewhere.awaitUninterruptibly;
import static io.heddle.fixture.Elsewhere.elsewhere;
import static io.heddle.fixture.Elsewhere.started;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks that are watched, being limited in time, tried again or collected, where they are stuck or interrupted. */
@Timeout(60)
class TimeLimitCasesTest {
    private static final Duration SHORT = Duration.ofMillis(100);

    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void freeStuckTasks() {
        release.countDown();
    }

    private Integer stuckIf(boolean stuck, int input) {
        if (stuck) {
            awaitUninterruptibly(release);
        }
        return input;
    }

    private static List<Long> failedTasks(List<Outcome<Integer>> outcomes) {
        return outcomes.stream()
                .filter(outcome -> !outcome.isSuccess())
                .map(outcome -> ((Outcome.Failure<Integer>) outcome).failure().taskIndex())
                .toList();
    }

    // stuck tasks

    @Test
    void aStuckTaskTakesNoOtherOfItsBatchWithIt() throws Exception {
        Parallel parallel =
                Parallel.builder().jobs(2).batchSize(10).timeLimit(SHORT).build();
        assertThat(failedTasks(elsewhere(() -> parallel.outcomes(upTo(100), input -> stuckIf(input == 0, input)))))
                .contains(0L)
                .hasSizeLessThan(10);
    }

    @Test
    void aStuckTaskTakesNoOtherOfARangeThatHasGrownWithIt() throws Exception {
        Parallel parallel = Parallel.builder().jobs(2).timeLimit(SHORT).build();
        assertThat(failedTasks(elsewhere(
                        () -> parallel.outcomes(upTo(20_000), input -> stuckIf(input == 10_000, input)))))
                .contains(10_000L)
                .hasSizeLessThan(10);
    }

    @Test
    void theFutureOfAStuckTaskIsToldThatTheTimeIsOver() throws Exception {
        ExecutorService executor =
                Parallel.builder().jobs(2).timeLimit(SHORT).build().executor();
        Future<?> stuck = executor.submit(() -> awaitUninterruptibly(release));
        assertThatThrownBy(() -> stuck.get(HANG.toSeconds(), TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(TimeoutException.class);
        executor.shutdown();
    }

    @Test
    void aStuckTaskDoesNotFailACallWhoseOtherWorkersWaitForACpu() throws Exception {
        CountDownLatch otherRuns = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        Future<List<Integer>> other =
                started(() -> Parallel.builder().backend("threads").build().range(2, index -> {
                    otherRuns.countDown();
                    end.await();
                    return index;
                }));
        try {
            otherRuns.await();
            Parallel parallel = Parallel.builder().batchSize(1).timeLimit(SHORT).build();
            assertThat(failedTasks(elsewhere(() ->
                            parallel.outcomes(upTo(10), input -> stuckIf(input == 0 && onWorker(), input)))))
                    .doesNotContain(9L);
        } finally {
            end.countDown();
            other.get(HANG.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** With one CPU the tasks run on the calling thread, which no call can go on without. */
    private static boolean onWorker() {
        return Thread.currentThread().getName().contains("worker");
    }

    @Test
    void theTasksOfAStreamAreLimitedInTimeOnTheConsumingThreadToo() throws Exception {
        Parallel parallel =
                Parallel.builder().backend("sequential").timeLimit(SHORT).build();
        assertThatThrownBy(() -> elsewhere(() -> {
                    try (Stream<Integer> results = parallel.ordered(upTo(3), input -> {
                        release.await();
                        return input;
                    })) {
                        return results.toList();
                    }
                }))
                .hasCauseInstanceOf(TaskFailedException.class)
                .hasRootCauseInstanceOf(TimeoutException.class)
                .hasStackTraceContaining("time limit of PT0.1S");
    }

    // interrupts

    @Test
    void anInterruptThatATaskLeavesBehindIsNotForTheNextWhereFailuresAreCollected() {
        assertThat(failedTasks(Parallel.builder()
                        .jobs(2)
                        .batchSize(10)
                        .build()
                        .outcomes(upTo(100), TimeLimitCasesTest::leavesAnInterrupt)))
                .isEmpty();
    }

    @Test
    void anInterruptThatATaskLeavesBehindIsNotForTheNextWhereTasksAreTriedAgain() {
        AtomicInteger runs = new AtomicInteger();
        Parallel.builder().jobs(2).batchSize(10).retries(1).build().map(upTo(100), input -> {
            runs.incrementAndGet();
            return leavesAnInterrupt(input);
        });
        assertThat(runs).hasValue(100);
    }

    private static Integer leavesAnInterrupt(int input) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("of an earlier task");
        }
        Thread.currentThread().interrupt();
        return input;
    }

    @Test
    void anInterruptedCallerOfOneJobStartsNoFurtherTaskWhereFailuresAreCollected() throws Exception {
        AtomicInteger started = new AtomicInteger();
        assertThat(elsewhere(() -> {
                    assertThatThrownBy(() -> Parallel.jobs(1).outcomes(upTo(100), input -> {
                                if (started.incrementAndGet() == 4) {
                                    Thread.currentThread().interrupt();
                                }
                                return input;
                            }))
                            .isInstanceOf(CancellationException.class);
                    return Thread.currentThread().isInterrupted();
                }))
                .isTrue();
        assertThat(started).hasValue(4);
    }
}
