package io.heddle;

/**
 * A task failed, the first one of its call. {@link #getCause()} is what it threw, with the worker's stack trace; this exception's own
 * stack trace is that of the thread that made the call. No further task was started, and running ones were interrupted.
 */
public final class TaskFailedException extends ParallelException {
    private static final long serialVersionUID = 1L;

    /** The task's index. */
    private final int taskIndex;

    TaskFailedException(String message, Throwable cause, int taskIndex) {
        super(message, cause);
        this.taskIndex = taskIndex;
    }

    /**
     * Which task failed.
     *
     * @return the index of its input, from 0
     */
    public int taskIndex() {
        return taskIndex;
    }
}
