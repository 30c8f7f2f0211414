package io.heddle.dispatch;

import java.util.concurrent.atomic.AtomicInteger;

/** Which workers of a call are at work, are still to come, or were given up. Thread-safe. */
final class Attendance {
    private static final int CLOSED = Integer.MIN_VALUE / 2; // and whatever is below 0

    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger present; // can still take tasks
    private final AtomicInteger abandoned = new AtomicInteger();

    Attendance(int workers) {
        this.present = new AtomicInteger(workers);
    }

    /** Counts a worker in, unless it comes after {@link #closeIfEmpty}. */
    boolean enter() {
        for (int now = inside.get(); now >= 0; now = inside.get()) {
            if (inside.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    /** Counts a worker out; true if none is inside any more. */
    boolean leave() {
        return inside.decrementAndGet() == 0;
    }

    /** Lets nobody in from now on, if nobody is inside. */
    boolean closeIfEmpty() {
        return inside.compareAndSet(0, CLOSED);
    }

    boolean isClosed() {
        return inside.get() < 0;
    }

    int inside() {
        return Math.max(inside.get(), 0);
    }

    /** A worker takes no more tasks; true if it was the last one that could, and others are given up. */
    boolean lastOneGoes() {
        return present.decrementAndGet() == 0 && abandoned.get() > 0;
    }

    /** Whether all that are left were given up: nobody comes out any sooner for being waited for. */
    boolean isGivenUp() {
        return inside.get() == 0 && present.get() == 0 && abandoned.get() > 0;
    }

    /** A worker is given up; it is still to be counted out. */
    void abandon() {
        abandoned.incrementAndGet();
    }

    /** A worker that was given up and counted out is back. */
    void comeBack() {
        abandoned.decrementAndGet();
        present.incrementAndGet();
        inside.incrementAndGet(); // stays below 0 where the call is over
    }
}
