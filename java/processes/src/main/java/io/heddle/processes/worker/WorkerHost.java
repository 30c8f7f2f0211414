package io.heddle.processes.worker;

/**
 * What a worker's process does when the worker has come to its end. The worker runs no further task then, but one that heeds no interrupt
 * may run on. Called once, by any thread; need not return. Frames that were written before are still to reach the caller.
 */
public interface WorkerHost {
    /**
     * An orderly end.
     *
     * @param code what the process is to end with: 0 where the worker is not needed any more, 1 where its initializer failed or nobody is
     *     there to work for
     */
    void exit(int code);

    /**
     * Something failed that nothing can go on after.
     *
     * @param why what that was: a broken protocol, or no memory
     */
    void broken(Throwable why);

    /** Nobody is there to work for: the channel has ended. */
    default void callerGone() {
        exit(1);
    }
}
