package io.heddle;

import org.jspecify.annotations.Nullable;

/**
 * What became of one task of {@link Parallel#outcomes}. Immutable.
 *
 * @param <R> the result's type
 */
public sealed interface Outcome<R extends @Nullable Object> {
    /**
     * The task returned.
     *
     * @param result what it returned
     * @param <R> the result's type
     */
    record Success<R extends @Nullable Object>(R result) implements Outcome<R> {
        @Override
        public R get() {
            return result;
        }

        @Override
        public boolean isSuccess() {
            return true;
        }
    }

    /**
     * The task failed.
     *
     * @param failure which task, and as its cause what it threw
     * @param <R> the type of the result that is missing
     */
    record Failure<R extends @Nullable Object>(TaskFailedException failure) implements Outcome<R> {
        @Override
        public R get() {
            throw failure;
        }

        @Override
        public boolean isSuccess() {
            return false;
        }
    }

    /**
     * The result.
     *
     * @return what the task returned
     * @throws TaskFailedException if it failed
     */
    R get();

    /**
     * Whether the task returned.
     *
     * @return false if it failed
     */
    boolean isSuccess();
}
