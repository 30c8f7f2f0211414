package io.heddle.processes.pool;

import io.heddle.processes.failure.BrokenPoolException;
import java.time.Duration;

/** Where the workers of a pool come from. Pools of equal settings are one, so equal sources are to be equal. Thread-safe. */
public interface WorkerSource {
    /**
     * Starts a worker; returns when frames can be exchanged with it. An interrupt does not end it.
     *
     * @param innerMaxNumThreads what its native libraries may use, at least 1
     * @param explicit whether the user said that
     * @param cpus the CPUs that it may use, at least 1
     * @throws BrokenPoolException if none starts; the message says why and what to do, and nothing is left of it
     */
    WorkerLink launch(int innerMaxNumThreads, boolean explicit, int cpus);

    /**
     * Whether an idle worker is to be used for what would be launched so; one that is not ends, to make room for another.
     *
     * @param link one that was launched here
     */
    default boolean isFit(WorkerLink link, int innerMaxNumThreads, boolean explicit, int cpus) {
        return true;
    }

    /** How much work its workers are given at once. */
    Pace pace();

    /** The bound on one frame, on both sides; more is split where that is possible. */
    int maxFrameBytes();

    /** How long a worker may take until it is ready, its initializer included. */
    Duration startTimeout();

    /** Whether workers have the classes of this program's application loader; else they ask for them one by one. */
    boolean workersHaveClassPath();

    /** What a worker is called in messages, after "a" or a number: {@code worker process}. */
    String workerKind();

    /**
     * A pool that was closed, or that nobody used for long, has no worker any more. Another pool may have some, and {@link #launch} and this
     * may be called again.
     */
    default void close() {}
}
