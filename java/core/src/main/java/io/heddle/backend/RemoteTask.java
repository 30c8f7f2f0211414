package io.heddle.backend;

/**
 * What a worker outside of {@link Work#runHere} knows of the task that it runs, for {@code TaskContext}. Asked by any thread.
 */
public interface RemoteTask {
    /**
     * Which task of its call.
     *
     * @return from 0; -1 between two tasks
     */
    long index();

    /**
     * Whether its result is not wanted any more.
     *
     * @return true once the worker was told so
     */
    boolean isCancelled();
}
