package io.heddle.processes.pool;

/**
 * How much work workers are given at once: the dearer the way to them, the more.
 *
 * @param batchNanos batches are to take about so long; above 0
 * @param aheadNanos a worker has so much work ahead of it, that it need not wait for the next batch; above 0
 * @param mostAhead the most batches that a worker has; 2 or more
 */
public record Pace(long batchNanos, long aheadNanos, int mostAhead) {
    /**
     * Made of what is possible.
     *
     * @throws IllegalArgumentException if a number is out of its range
     */
    public Pace {
        if (batchNanos < 1 || aheadNanos < 1 || mostAhead < 2) {
            throw new IllegalArgumentException("batchNanos = " + batchNanos + ", aheadNanos = " + aheadNanos
                    + ", mostAhead = " + mostAhead + ": give 1 ns or more, 1 ns or more, and 2 batches or more");
        }
    }
}
