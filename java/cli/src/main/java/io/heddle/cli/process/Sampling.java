package io.heddle.cli.process;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What the threads of a process did in a span of time.
 *
 * @param seconds how long they were watched
 * @param threads those that used or waited for a CPU, the busiest first
 */
public record Sampling(double seconds, List<ThreadUse> threads) {
    /** The threads that compute: those that used or waited for a CPU and are not the JVM's own. */
    public List<ThreadUse> computeThreads() {
        return threads.stream().filter(thread -> !thread.jvmInternal()).toList();
    }

    /** The CPU time of the compute threads per second. */
    public double cpusUsed() {
        return computeThreads().stream().mapToDouble(ThreadUse::cpuShare).sum();
    }

    /** The cores lost to oversubscription: run delay of the compute threads per second; empty where the kernel does not count it. */
    public OptionalDouble coresLost() {
        List<ThreadUse> compute = computeThreads();
        return compute.stream().allMatch(thread -> thread.runDelayShare().isPresent())
                ? OptionalDouble.of(compute.stream()
                        .mapToDouble(thread -> thread.runDelayShare().orElseThrow())
                        .sum())
                : OptionalDouble.empty();
    }
}
