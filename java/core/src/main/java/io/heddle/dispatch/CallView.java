package io.heddle.dispatch;

import java.util.OptionalLong;

/** A call as observers see it. Thread-safe. */
public interface CallView {
    /** How a call stands. */
    enum State {
        /** Tasks run or wait. */
        RUNNING,
        /** All is done. */
        DONE,
        /** A task or the backend failed. */
        FAILED,
        /** Cancelled by its caller. */
        CANCELLED
    }

    /**
     * Its number.
     *
     * @return from 1, never used twice in a JVM
     */
    long number();

    /**
     * Its backend.
     *
     * @return the name
     */
    String backend();

    /**
     * Its workers.
     *
     * @return at least 1
     */
    int jobs();

    /**
     * The most native threads that one worker may have.
     *
     * @return at least 1; 0 where the backend holds no limit
     */
    int innerMaxNumThreads();

    /**
     * Its depth.
     *
     * @return 0 outside of tasks
     */
    int nestingLevel();

    /**
     * Its tasks.
     *
     * @return empty while a producer has not said it
     */
    OptionalLong total();

    /**
     * The tasks that are done.
     *
     * @return failed ones included
     */
    long completed();

    /**
     * The tasks that failed for good.
     *
     * @return how many
     */
    long failed();

    /**
     * Who is at work.
     *
     * @return how many workers
     */
    int workersBusy();

    /**
     * The time since it began.
     *
     * @return nanoseconds
     */
    long elapsedNanos();

    /**
     * How it stands.
     *
     * @return its state
     */
    State state();
}
