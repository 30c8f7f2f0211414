package io.heddle;

import io.heddle.dispatch.Context;
import io.heddle.dispatch.RunningTask;
import java.util.Optional;

/**
 * What a task can ask about itself. Thread-safe; it speaks of the task that its worker runs at the moment.
 *
 * <pre>{@code
 * boolean cancelled = TaskContext.current().map(TaskContext::isCancelled).orElse(false);
 * }</pre>
 */
public final class TaskContext {
    private final RunningTask task;

    private TaskContext(RunningTask task) {
        this.task = task;
    }

    /**
     * The task that runs on the current thread.
     *
     * @return empty outside of tasks, and in tasks of a backend elsewhere that does not tell. In a producer that a worker asks it is the
     *     worker's, between two tasks, and where a task was {@linkplain ParallelConfig#capture() captured}, that task's worker's
     */
    public static Optional<TaskContext> current() {
        RunningTask task = Context.currentTask();
        return task == null ? Optional.empty() : Optional.of(new TaskContext(task));
    }

    /**
     * Which task of its call.
     *
     * @return the index of its input, from 0; -1 between two tasks and after the last one
     */
    public long index() {
        return task.index();
    }

    /**
     * Which worker of its call runs it.
     *
     * @return from 0 to the effective jobs - 1
     */
    public int worker() {
        return task.worker();
    }

    /**
     * Whether nobody waits for its result any more: the call was cancelled or another task failed, or its own time limit is over; with one job
     * also the task that made the call is cancelled, or the calling thread has an interrupt. A task that computes for long without anything that heeds interrupts asks now and then, and throws or returns.
     *
     * @return true once it should stop
     */
    public boolean isCancelled() {
        return task.isCancelled();
    }

    /**
     * How deep its call is nested.
     *
     * @return 0 for a task of a call that was made outside of tasks. A call whose tasks run on the calling thread has the level of what is
     *     around it, and so have the calls that they make
     */
    public int nestingLevel() {
        return task.nestingLevel();
    }
}
