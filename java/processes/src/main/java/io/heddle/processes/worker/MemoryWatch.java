package io.heddle.processes.worker;

import java.util.concurrent.TimeUnit;

/*
 * Two things that a long-lived worker owes its machine: to say when it has grown for good, so that it is replaced, and to give back what a
 * burst of tasks made it take. Shared arrays are not counted: they are the parent's.
 */
/** The memory of this process. Used by the task thread. */
final class MemoryWatch {
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1); // as loky
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
    private static final long WORTH_A_COLLECTION_BYTES = 8L << 20;
    /** The bytes of a scattered value as they came, the value, and the room that the heap keeps free beside both. */
    private static final long TIMES_OF_SCATTERED = 4;

    private final long growthLimitBytes;
    private long baselineBytes = -1;
    private long residentBytes;
    private long lastCheck;
    private boolean told;
    private boolean worked;
    private long heapBytes;
    private long usedBytes;

    /** A watch over growth of so many bytes; 0 for none. */
    MemoryWatch(long growthLimitBytes) {
        this.growthLimitBytes = growthLimitBytes;
        remember();
    }

    /**
     * To be called after each batch.
     *
     * @param scatteredBytes what the caller wants to be kept here
     * @return whether it has grown too much, which is said once
     */
    boolean hasGrown(long scatteredBytes) {
        worked = true;
        if (growthLimitBytes <= 0 || told) {
            return false;
        }
        long now = System.nanoTime();
        if (baselineBytes < 0) {
            baselineBytes = Math.max(ProcessStatus.ownBytes(), 0);
            lastCheck = now;
            return false;
        }
        if (now - lastCheck < CHECK_NANOS) {
            return false;
        }
        long ofScattered = TIMES_OF_SCATTERED * scatteredBytes;
        long allowed = growthLimitBytes + Math.min(ofScattered, Long.MAX_VALUE - growthLimitBytes);
        if (isOver(allowed)) {
            collect();
            told = isOver(allowed);
        }
        lastCheck = System.nanoTime();
        return told;
    }

    private boolean isOver(long growthBytes) {
        residentBytes = ProcessStatus.ownBytes();
        return residentBytes - baselineBytes > growthBytes;
    }

    /** What it was after the first batch. */
    long baselineBytes() {
        return baselineBytes;
    }

    /** What it was when it was looked at last. */
    long residentBytes() {
        return residentBytes;
    }

    /** How long to wait for work before {@link #idle}, in nanoseconds; 0 for no matter how long. */
    long patienceNanos() {
        return worked ? PATIENCE_NANOS : 0;
    }

    /** Gives back what the last burst of work took, if that is worth a collection. */
    void idle() {
        worked = false;
        Runtime runtime = Runtime.getRuntime();
        long heap = runtime.totalMemory();
        if (heap > heapBytes || heap - runtime.freeMemory() - usedBytes > WORTH_A_COLLECTION_BYTES) {
            collect();
        }
    }

    private void collect() {
        System.gc();
        remember();
    }

    private void remember() {
        Runtime runtime = Runtime.getRuntime();
        heapBytes = runtime.totalMemory();
        usedBytes = heapBytes - runtime.freeMemory();
    }
}
