package io.heddle.processes.launch;

/*
 * A worker's share of the parent's heap, as threads would have had it: by its share of the CPUs. All workers together never have more than
 * half of the memory, the other half being for the parent and for what native libraries allocate; and 256 MB, where that is not more than
 * half of the memory, is what a worker has at least. What a heap may grow to costs nothing until it grows.
 */
/** The largest heap of a worker where the user names none. Measured once. */
final class HeapPolicy {
    private static final long LEAST_BYTES = 256L << 20;

    private HeapPolicy() {}

    /** The bytes for a worker in this process. */
    static long maxHeapBytes(int cpus) {
        return maxHeapBytes(
                Runtime.getRuntime().maxMemory(),
                MemoryGroup.OWN.memoryBytes(),
                cpus,
                Runtime.getRuntime().availableProcessors());
    }

    /**
     * The bytes for a worker.
     *
     * @param parentBytes the parent's largest heap
     * @param memoryBytes what the machine or the cgroup has; {@link Long#MAX_VALUE} if unknown
     * @param cpus the worker's
     * @param usableCpus the parent's
     */
    static long maxHeapBytes(long parentBytes, long memoryBytes, int cpus, int usableCpus) {
        double share = Math.min(1.0, (double) cpus / usableCpus);
        long most = (long) (Math.min(parentBytes, memoryBytes / 2) * share);
        long least = Math.min(LEAST_BYTES, memoryBytes / 2);
        return Math.max(most, least) >> 20 << 20;
    }
}
