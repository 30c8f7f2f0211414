package io.heddle.dispatch;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** How a call failed; the front end makes the user's exception of it. */
@SuppressWarnings("serial") // never leaves the process
public final class CallFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** The index of a failure that is no task's. */
    public static final long NO_TASK = -1;

    /** The index of a failure of the tasks' producer. */
    public static final long PRODUCER = -2;

    /** The index of an interrupt of the calling thread, or of results that are not wanted any more: a cancellation. */
    public static final long CANCELLED = -3;

    private final long task;
    private final transient @Nullable Object input;
    private final transient OptionalLong total;
    private final String stillRunning;

    CallFailure(long task, @Nullable Throwable cause, @Nullable Object input, OptionalLong total, String stillRunning) {
        super(null, cause, false, false);
        this.task = task;
        this.input = input;
        this.total = total;
        this.stillRunning = stillRunning;
    }

    static CallFailure interruptedBefore(OptionalLong total) {
        return new CallFailure(CANCELLED, null, null, total, "");
    }

    /**
     * The task that failed first.
     *
     * @return its index, or {@link #NO_TASK}, {@link #PRODUCER} or {@link #CANCELLED}
     */
    public long task() {
        return task;
    }

    /**
     * The input of the task that failed.
     *
     * @return null where its index says it all
     */
    public @Nullable Object input() {
        return input;
    }

    /**
     * How many tasks the call had.
     *
     * @return empty where that was not known yet
     */
    public OptionalLong total() {
        return total;
    }

    /**
     * Says which tasks did not stop in time.
     *
     * @return a sentence, empty if all stopped
     */
    public String stillRunning() {
        return stillRunning;
    }
}
