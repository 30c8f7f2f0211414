package io.heddle;

/**
 * A task failed. {@link #getCause()} is what it threw, with the worker's stack trace; this exception's own stack trace is that of the thread
 * that made the call, which after {@link Parallel#mapAsync} is the last one suppressed. Where a call throws it, the task was the first to
 * fail, no further one was started, and running ones were interrupted; among {@link Parallel#outcomes} the others went on.
 */
public final class TaskFailedException extends ParallelException {
    private static final long serialVersionUID = 1L;

    /** The task's index. */
    private final long taskIndex;

    TaskFailedException(String message, Throwable cause, long taskIndex) {
        super(message, cause);
        this.taskIndex = taskIndex;
    }

    /**
     * Which task failed.
     *
     * @return the index of its input, from 0
     */
    public long taskIndex() {
        return taskIndex;
    }

    /**
     * Throws what the task threw, if it is of a type: so a caller can handle it as if it had run the task itself.
     *
     * <pre>{@code
     * } catch (TaskFailedException e) {
     *     e.throwIf(IOException.class);
     *     throw e;
     * }
     * }</pre>
     *
     * @param type the type
     * @param <X> the type
     * @throws X the cause, with the worker's stack trace
     */
    public <X extends Throwable> void throwIf(Class<X> type) throws X {
        Throwable cause = getCause();
        if (type.isInstance(cause)) {
            X typed = type.cast(cause);
            throw typed;
        }
    }
}
