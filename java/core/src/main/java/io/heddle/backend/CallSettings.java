package io.heddle.backend;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How one call is to run.
 *
 * @param jobs the workers to use, between 1 and what {@link Backend#effectiveJobs} answered
 * @param explicitInnerMaxNumThreads the threads that a native library may use in each worker where the user said it, at least 1
 * @param mostInnerThreads where a call further out limits what the workers of this one may use: that limit
 * @param cpus the CPUs that the workers share out, at least 1; {@link Backend#cpus()} of a backend that has them
 * @param batchSize the tasks that the user wants sent together, at least 1; empty for as many as pay
 * @param timeLimit the longest that one task may take from its start, where the user said it; such a task fails by a
 *     {@link java.util.concurrent.TimeoutException}
 * @param nestingLevel 0 for a call made outside any task, 1 for one made in a task, and so on
 * @param constraint what binds the calls that its tasks make, where the user said it
 * @param scattered the values to be sent to each worker once, each object once; nothing to do where workers share the caller's memory
 */
public record CallSettings(
        int jobs,
        OptionalInt explicitInnerMaxNumThreads,
        OptionalInt mostInnerThreads,
        int cpus,
        OptionalInt batchSize,
        Optional<Duration> timeLimit,
        int nestingLevel,
        Optional<Constraint> constraint,
        List<Scattered> scattered) {
    /**
     * The CPUs that the calls of one worker's tasks may share out: {@code cpus / jobs}, one more for the first {@code cpus % jobs} workers,
     * at least 1.
     *
     * @param worker the worker's number, from 0 to jobs - 1
     * @return its share
     */
    public int cpus(int worker) {
        return share(cpus, jobs, worker);
    }

    /**
     * The threads that a native library may use in one worker.
     *
     * @param worker the worker's number, from 0 to jobs - 1
     * @return what the user said, else the worker's share of the CPUs, which is a cap: a library that its own variable or setter keeps below
     *     it stays there
     */
    public int innerMaxNumThreads(int worker) {
        return explicitInnerMaxNumThreads.orElse(Math.min(cpus(worker), mostInnerThreads.orElse(Integer.MAX_VALUE)));
    }

    /**
     * A fair part of some CPUs.
     *
     * @param cpus the CPUs
     * @param workers the workers that share them
     * @param worker one of those, from 0
     * @return {@code cpus / workers}, one more for the first {@code cpus % workers}, at least 1
     */
    public static int share(int cpus, int workers, int worker) {
        return Math.max(cpus / workers + (worker < cpus % workers ? 1 : 0), 1);
    }
}
