package io.heddle.dispatch;

import org.jspecify.annotations.Nullable;

/** How a call failed; the front end makes the user's exception of it. */
public final class CallFailure extends Exception {
    private static final long serialVersionUID = 1L;

    /** The index of a failure that is no task's. */
    public static final int NO_TASK = -1;

    private final int task;
    private final String stillRunning;

    CallFailure(int task, @Nullable Throwable cause, String stillRunning) {
        super(null, cause, false, false);
        this.task = task;
        this.stillRunning = stillRunning;
    }

    static CallFailure interruptedBefore() {
        return new CallFailure(NO_TASK, null, "");
    }

    /**
     * The task that failed first.
     *
     * @return its index, or {@link #NO_TASK}
     */
    public int task() {
        return task;
    }

    /**
     * Says which tasks did not stop in time.
     *
     * @return a sentence, empty if all stopped
     */
    public String stillRunning() {
        return stillRunning;
    }

    /**
     * Whether the calling thread was interrupted; then there is no cause.
     *
     * @return true if the call was cancelled
     */
    public boolean interrupted() {
        return getCause() == null;
    }
}
