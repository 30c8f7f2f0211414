package io.heddle.backend;

import java.io.Serializable;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A task with all that it needs. */
record WholeTask(
        SharedFunction function, long index, @Nullable Object argument)
        implements Callable<@Nullable Object>, Serializable {
    @Override
    public @Nullable Object call() throws Exception {
        return function.apply(index, argument);
    }
}
