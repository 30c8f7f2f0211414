package io.heddle.dispatch;

/** The task that a worker runs now. */
public interface RunningTask {
    /**
     * Which task of its call.
     *
     * @return from 0; -1 between two tasks
     */
    long index();

    /**
     * Which worker of its call.
     *
     * @return from 0
     */
    int worker();

    /**
     * Whether its result is not wanted any more.
     *
     * @return true once the call was stopped or its own time is over
     */
    boolean isCancelled();

    /**
     * The depth of its call.
     *
     * @return 0 for a call made outside of tasks
     */
    int nestingLevel();
}
