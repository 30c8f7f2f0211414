package io.heddle;

import static io.heddle.fixture.Elsewhere.HANG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A call that was stopped. */
@Timeout(60)
class StoppedCallTest {
    private static final int TINY_TASKS = 2_000_000; // until ranges have grown long

    private static final int BLOCK = 16; // of tasks that were tiny

    @Test
    void startsNoTaskAfterTheOneThatRunsThoughThatSwallowsTheInterrupt() {
        assertThat(startedAfterTheStop(
                        Parallel.builder().jobs(2).batchSize(1000).build()))
                .isZero();
    }

    @Test
    void startsNoTaskAfterTheBlockThatRunsWhereTasksWereTiny() {
        assertThat(startedAfterTheStop(Parallel.jobs(2))).isLessThan(BLOCK);
    }

    private static int startedAfterTheStop(Parallel parallel) {
        AtomicBoolean fails = new AtomicBoolean(true);
        CountDownLatch otherRuns = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        AtomicInteger startedAfter = new AtomicInteger();
        assertThatThrownBy(() -> parallel.range(4 * TINY_TASKS, index -> {
                    if (index < TINY_TASKS) {
                        return null;
                    }
                    if (fails.getAndSet(false)) {
                        assertThat(otherRuns.await(HANG.toSeconds(), TimeUnit.SECONDS))
                                .isTrue();
                        throw new IllegalStateException("stop");
                    }
                    if (TaskContext.current().orElseThrow().isCancelled()) {
                        startedAfter.incrementAndGet();
                        return null;
                    }
                    otherRuns.countDown();
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        // swallowed on purpose
                    }
                    return null;
                }))
                .hasRootCauseMessage("stop");
        return startedAfter.get();
    }
}
