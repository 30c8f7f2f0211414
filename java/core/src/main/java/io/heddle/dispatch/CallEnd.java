package io.heddle.dispatch;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The end of a call: it is settled when it is stopped, or done with every worker out; ended when the backend is done with it. Thread-safe. */
final class CallEnd {
    private final CountDownLatch settled = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    void settle() {
        settled.countDown();
    }

    boolean isSettled() {
        return settled.getCount() == 0;
    }

    void end() {
        ended.countDown();
    }

    boolean isEnded() {
        return ended.getCount() == 0;
    }

    void awaitSettled() throws InterruptedException {
        if (!isSettled()) {
            settled.await();
        }
    }

    /** Waits whatever interrupts come. */
    void awaitSettledUninterruptibly() {
        boolean interrupted = false;
        while (true) {
            try {
                settled.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits, whatever interrupts come, until it has ended or the time is over. */
    void awaitEnded(Duration most) {
        boolean interrupted = Thread.interrupted();
        long deadline = System.nanoTime() + most.toNanos();
        try {
            while (!isEnded()) {
                try {
                    if (!ended.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                        return;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
