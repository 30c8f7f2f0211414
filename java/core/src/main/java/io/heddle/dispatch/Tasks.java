package io.heddle.dispatch;

import java.util.concurrent.Callable;
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
     * One to be run elsewhere.
     *
     * @param index from 0
     * @return a callable that is serialisable if the user's function and input are
     */
    Callable<?> task(int index);

    /**
     * The input of one, for messages.
     *
     * @param index from 0
     * @return the input, or null where the index says it all
     */
    @Nullable
    Object input(int index);
}
