package io.heddle;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * How far a call is.
 *
 * @param call the call's number, from 1, never used twice in a JVM
 * @param backend the name of the backend that runs it
 * @param jobs its workers
 * @param innerMaxNumThreads the most native threads that one of its workers may have; 0 where the backend holds no inner limit
 * @param nestingLevel 0 for a call made outside any task, 1 for one made in a task of a worker, and so on; tasks on the calling thread do not
 *     count
 * @param total the number of its tasks; empty while a producer has not said it
 * @param completed the tasks that are done, failed ones included
 * @param failed the tasks that failed for good
 * @param workersBusy the workers that are in a task or between two
 * @param elapsed since the call began
 * @param state where it stands
 */
public record CallStatus(
        long call,
        String backend,
        int jobs,
        int innerMaxNumThreads,
        int nestingLevel,
        OptionalLong total,
        long completed,
        long failed,
        int workersBusy,
        Duration elapsed,
        State state) {
    /** Where a call stands. */
    public enum State {
        /** Tasks run, or wait for a worker. */
        RUNNING,
        /** Every task is done. */
        DONE,
        /** A task failed, or the backend did. */
        FAILED,
        /** The calling thread was interrupted, or the stream of results was closed. */
        CANCELLED
    }
}
