package io.heddle;

/**
 * Is told how calls get on, on every backend. Said for a call or in a {@link ParallelConfig}; all that are said are told.
 *
 * <p>What is told of one call never overlaps and comes in order: started, then any number of the others, then ended; it comes from the
 * thread that made the call or from its workers. What is told of different calls may overlap. A listener should return at once: a worker
 * waits for it. An exception is logged once and changes nothing. Of calls that a listener makes itself, also by {@link Parallel#mapAsync},
 * none is told.
 */
public interface ParallelListener {
    /**
     * A call begins.
     *
     * @param status how far it is
     */
    default void callStarted(CallStatus status) {}

    /**
     * Tasks were completed since the last time; at most once in 50 ms.
     *
     * @param status how far it is
     */
    default void progressed(CallStatus status) {}

    /**
     * A task failed: it stops the call, or is the task's outcome, or is tried again.
     *
     * @param status how far it is
     * @param taskIndex which task, from 0
     * @param failure what it threw
     * @param retried whether it is tried again
     */
    default void taskFailed(CallStatus status, long taskIndex, Throwable failure, boolean retried) {}

    /**
     * A call is over. {@link CallStatus#state()} tells how.
     *
     * @param status how far it came
     */
    default void callEnded(CallStatus status) {}
}
