package io.heddle.backend;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of one call, numbered from 0, and a slot for each result. Any number of workers may take from it at once: each task is taken
 * exactly once.
 *
 * <p>Thread-safe.
 */
public interface Work {
    /**
     * The number of tasks.
     *
     * @return at least 1; empty where they come from a producer that has not said its end
     */
    OptionalLong size();

    /**
     * Makes the calling thread a worker: under the call's context and inner limit it takes and runs tasks until none is left or the work
     * is stopped, then undoes both. For backends that run tasks in this process.
     *
     * @param worker the worker's number, from 0 to jobs - 1
     */
    void runHere(int worker);

    /**
     * Whether {@link #take} may wait: for a producer, or for whoever reads the results. A thread that delivers results must then not take.
     *
     * @return false where every task is there from the start and all results are kept
     */
    boolean takeMayWait();

    /**
     * Takes tasks to be run elsewhere. Waits while the producer or the consumer of the results makes it wait. A failed task that is to be
     * tried again is given out again: take until nothing comes, after the last delivery too.
     *
     * @param most the largest batch wanted, at least 1; a batch size that the user said goes first, but where tasks have a time limit
     * @return the next tasks; empty when none is left or the work is stopped
     */
    Optional<TaskRange> take(int most);

    /**
     * What the tasks have in common, to be sent to a worker once.
     *
     * @return the user's function
     */
    SharedFunction function();

    /**
     * Whether each task has something of its own besides its index.
     *
     * @return false where {@link #argument} is always null: two numbers then say all of a range
     */
    boolean hasArguments();

    /**
     * What a task that was taken and not delivered has of its own, to be sent to the worker that runs it.
     *
     * @param index the task's index
     * @return what {@link #function} gets with the index; serialisable if the user's input is
     */
    @Nullable
    Object argument(long index);

    /**
     * One task as a whole, for backends that send each by itself. It is {@link java.io.Serializable} if the user's function and input are.
     *
     * @param index the index of a task that was taken and not delivered
     * @return what the worker calls
     */
    default Callable<?> task(long index) {
        return new WholeTask(function(), index, argument(index));
    }

    /**
     * Delivers the result of a task that was taken. The first delivery counts; a repeated one is ignored, so that a backend may run a
     * task again whose worker was lost.
     *
     * @param index the task's index
     * @param result its result
     * @throws IllegalArgumentException if no such task was taken
     */
    void succeed(long index, @Nullable Object result);

    /**
     * Delivers the failure of a task that was taken. It stops the work, unless the call tries the task again or collects failures, or a result
     * was delivered before.
     *
     * @param index the task's index
     * @param failure what the task threw, with the worker's stack trace
     * @throws IllegalArgumentException if no such task was taken
     */
    void fail(long index, Throwable failure);

    /**
     * Whether the call goes on after the failure of a task: failed tasks are tried again, or failures are collected. Where a worker is lost
     * with several tasks, and it is not known which of them was the reason, those are then to be sent again one by one.
     *
     * @return false where the first failure ends the call
     */
    boolean survivesFailures();

    /**
     * Fails the call for a reason that is no task's: a worker that could not be started, a lost connection.
     *
     * @param failure the reason
     */
    void failCall(Throwable failure);

    /**
     * Whether no further task is given out because of a failure, an interrupt or a cancellation.
     *
     * @return true once stopped
     */
    boolean isStopped();

    /**
     * Whether a worker that comes in now would find nothing to do: the work is stopped, or every task is done.
     *
     * @return true once over
     */
    boolean isOver();

    /** Says that no worker is left. Called exactly once by the backend. */
    void end();
}
