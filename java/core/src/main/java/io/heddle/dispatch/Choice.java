package io.heddle.dispatch;

import io.heddle.backend.Backend;
import org.jspecify.annotations.Nullable;

/**
 * What a call or a context says of how to run; null is "not said".
 *
 * @param backend the backend
 * @param jobs the jobs, not 0
 * @param innerMaxNumThreads the inner limit, at least 1
 */
public record Choice(
        @Nullable Backend backend,
        @Nullable Integer jobs,
        @Nullable Integer innerMaxNumThreads) {
    /** The most jobs that can be asked for: as many threads as Linux lets a process have by default. */
    public static final int MOST_JOBS = 1 << 15;

    /** Nothing said. */
    public static final Choice NONE = new Choice(null, null, null);

    /**
     * This choice, and another's where this one says nothing.
     *
     * @param outer the other
     * @return both
     */
    public Choice or(Choice outer) {
        return new Choice(
                backend != null ? backend : outer.backend,
                jobs != null ? jobs : outer.jobs,
                innerMaxNumThreads != null ? innerMaxNumThreads : outer.innerMaxNumThreads);
    }

    /**
     * The same with other jobs.
     *
     * @param value the jobs: 1 and more, or -1 for all, -2 for all but one, and so on
     * @return a new choice
     * @throws IllegalArgumentException if the value is 0 or above {@link #MOST_JOBS}
     */
    public Choice withJobs(int value) {
        if (value > MOST_JOBS) {
            throw new IllegalArgumentException(
                    "jobs = " + value + " is more than any machine runs: give at most " + MOST_JOBS);
        }
        if (value == 0) {
            throw new IllegalArgumentException(
                    "jobs = 0 has no meaning: give a number of workers from 1, or -1 for all usable CPUs, -2 for"
                            + " all but one, and so on");
        }
        return new Choice(backend, value, innerMaxNumThreads);
    }

    /**
     * The same with another inner limit.
     *
     * @param value at least 1
     * @return a new choice
     * @throws IllegalArgumentException if the value is below 1
     */
    public Choice withInnerMaxNumThreads(int value) {
        if (value < 1) {
            throw new IllegalArgumentException(
                    "innerMaxNumThreads = " + value + " is not a number of threads: give 1 or more, or leave it"
                            + " out for max(usable CPUs / effective jobs, 1)");
        }
        return new Choice(backend, jobs, value);
    }

    /**
     * The same with another backend.
     *
     * @param value the backend
     * @return a new choice
     */
    public Choice withBackend(Backend value) {
        return new Choice(value, jobs, innerMaxNumThreads);
    }
}
