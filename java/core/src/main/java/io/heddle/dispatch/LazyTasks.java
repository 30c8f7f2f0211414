package io.heddle.dispatch;

import io.heddle.backend.SharedFunction;
import java.util.Iterator;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The user's tasks of one call, as a producer gives their inputs.
 *
 * @param inputs asked by one thread at a time
 * @param size how many there are, if that is known
 * @param function what runs here; used by many threads at once
 * @param sent what runs elsewhere; serialisable if the user's function is
 * @param argument makes of an input what that gets; serialisable if the user's input is
 * @param done told of each task as soon as its batch is done; null where nobody is
 */
public record LazyTasks(
        Iterator<?> inputs,
        OptionalLong size,
        Function function,
        SharedFunction sent,
        Argument argument,
        @Nullable Done done) {
    /** Takes what became of each task. Used by many threads at once. */
    @FunctionalInterface
    public interface Done {
        /**
         * A task is done.
         *
         * @param input its input
         * @param outcome its result, or what {@link Dispatcher#failureOf} knows as a failure
         */
        void done(@Nullable Object input, @Nullable Object outcome);
    }

    /** Runs a task in this process. */
    @FunctionalInterface
    public interface Function {
        /**
         * Runs it.
         *
         * @param input one input
         * @return its result
         * @throws Exception what the task throws
         */
        @Nullable
        Object apply(@Nullable Object input) throws Exception;
    }

    /** Makes what a task that runs elsewhere has of its own. */
    @FunctionalInterface
    public interface Argument {
        /**
         * Makes it.
         *
         * @param input one input
         * @return what {@link LazyTasks#sent} gets
         */
        @Nullable
        Object apply(@Nullable Object input);
    }
}
