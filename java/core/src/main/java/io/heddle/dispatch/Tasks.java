package io.heddle.dispatch;

import io.heddle.backend.SharedFunction;
import org.jspecify.annotations.Nullable;

/** The user's tasks of one call, by index. Used by many threads at once. */
public interface Tasks {
    /**
     * How many.
     *
     * @return 0 or more
     */
    int size();

    /**
     * Runs one here.
     *
     * @param index from 0
     * @return its result
     * @throws Exception what the task throws
     */
    @Nullable
    Object run(int index) throws Exception;

    /**
     * What they have in common, to be run elsewhere.
     *
     * @return a function that is serialisable if the user's is
     */
    SharedFunction shared();

    /**
     * Whether one has something of its own besides its index.
     *
     * @return whether {@link #argument} may be other than null
     */
    boolean hasArguments();

    /**
     * What one has of its own.
     *
     * @param index from 0
     * @return what the function gets
     */
    @Nullable
    Object argument(int index);

    /**
     * The input of one, for messages.
     *
     * @param index from 0
     * @return the input, or null where the index says it all
     */
    @Nullable
    Object input(int index);
}
