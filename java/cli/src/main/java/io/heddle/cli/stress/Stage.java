package io.heddle.cli.stress;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A point that all callers reach before the main thread lets them go on. */
final class Stage {
    private final CountDownLatch missing;
    private final CountDownLatch open = new CountDownLatch(1);

    Stage(int callers) {
        missing = new CountDownLatch(callers);
    }

    void arriveAndWait() throws InterruptedException {
        missing.countDown();
        open.await();
    }

    /** Whether all callers have arrived within a time. */
    boolean isReached(Duration within) throws InterruptedException {
        return missing.await(within.toNanos(), TimeUnit.NANOSECONDS);
    }

    void letGo() {
        open.countDown();
    }
}
