package io.heddle.dispatch;

/** Is told how calls get on. What is told of one call comes in order and never overlaps. */
public interface CallObserver {
    /**
     * A call begins.
     *
     * @param call the call
     */
    void started(CallView call);

    /**
     * Tasks were completed.
     *
     * @param call the call
     */
    void progressed(CallView call);

    /**
     * A task failed.
     *
     * @param call the call
     * @param task its index
     * @param failure what it threw
     * @param retried whether it is tried again
     */
    void failed(CallView call, long task, Throwable failure, boolean retried);

    /**
     * A call is over.
     *
     * @param call the call
     */
    void ended(CallView call);
}
