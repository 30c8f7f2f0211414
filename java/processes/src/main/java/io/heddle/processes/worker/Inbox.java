package io.heddle.processes.worker;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Orders on their way from the thread that reads frames to the one that runs tasks. */
final class Inbox {
    private final ConcurrentLinkedQueue<Order> orders = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread waiting;

    /** Adds an order. The thread that reads does that; any may end it all. */
    void put(Order order) {
        orders.add(order);
        Thread thread = waiting;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    /** Whether the next order put would be taken at once. */
    boolean isAwaited() {
        return waiting != null && orders.isEmpty();
    }

    /**
     * Takes the oldest order; waits for it. One thread does that.
     *
     * @param nanos how long; 0 for ever
     * @return null if none came in that time
     */
    @Nullable
    Order take(long nanos) {
        Order order = orders.poll();
        if (order != null) {
            return order;
        }
        waiting = Thread.currentThread();
        try {
            long end = nanos == 0 ? 0 : System.nanoTime() + nanos;
            while (true) {
                order = orders.poll();
                if (order != null) {
                    return order;
                }
                if (nanos == 0) {
                    LockSupport.park(this);
                } else {
                    long left = end - System.nanoTime();
                    if (left <= 0) {
                        return null;
                    }
                    LockSupport.parkNanos(this, left);
                }
            }
        } finally {
            waiting = null;
        }
    }
}
