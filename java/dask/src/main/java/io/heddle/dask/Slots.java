package io.heddle.dask;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** How many slots a cluster has, which changes as workers come and go. Thread-safe. */
final class Slots {
    private int number; // guarded by this

    synchronized void set(int now) {
        number = now;
        notifyAll();
    }

    /** Has who waits look again whether it is over. */
    synchronized void wakeUp() {
        notifyAll();
    }

    /** The number; waits for some while there is none. Empty if there is still none. An interrupt does not end that. */
    synchronized OptionalInt await(Duration most, BooleanSupplier over) {
        long until = System.nanoTime() + most.toNanos();
        boolean interrupted = false;
        try {
            while (number == 0 && !over.getAsBoolean()) {
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0) {
                    return OptionalInt.empty();
                }
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return OptionalInt.of(Math.max(number, 1));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
