package io.heddle;

import io.heddle.dispatch.CallFailure;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** What a user is thrown when a call or a task of it failed. */
final class CallExceptions {
    private CallExceptions() {}

    static RuntimeException of(CallFailure failure) {
        String rest = failure.stillRunning().isEmpty() ? "" : " (" + failure.stillRunning() + ")";
        String tasks = failure.total().isPresent() ? failure.total().getAsLong() + " tasks" : "tasks of a producer";
        Throwable cause = failure.getCause();
        if (failure.task() == CallFailure.CANCELLED || cause == null) {
            CancellationException cancelled = new CancellationException(
                    "A call of " + tasks + " was interrupted or closed; its tasks were cancelled" + rest);
            if (cause != null) {
                cancelled.initCause(cause);
            }
            return cancelled;
        }
        if (failure.task() == CallFailure.PRODUCER) {
            return new ParallelException("The producer of a call's tasks failed: " + Shown.of(cause) + rest, cause);
        }
        if (failure.task() == CallFailure.NO_TASK) {
            return new ParallelException("A call of " + tasks + " could not be run: " + Shown.of(cause) + rest, cause);
        }
        return ofTask(failure.task(), failure.total(), failure.input(), cause, rest);
    }

    /** Of a task among outcomes. */
    static TaskFailedException ofTask(long task, int total, @Nullable Object input, Throwable cause) {
        return ofTask(task, OptionalLong.of(total), input, cause, "");
    }

    private static TaskFailedException ofTask(
            long task, OptionalLong total, @Nullable Object input, Throwable cause, String rest) {
        return new TaskFailedException(
                "Task " + task + (total.isEmpty() ? "" : " of " + total.getAsLong())
                        + (input == null ? "" : ", input " + Shown.of(input)) + " failed: " + Shown.of(cause) + rest,
                cause,
                task);
    }
}
