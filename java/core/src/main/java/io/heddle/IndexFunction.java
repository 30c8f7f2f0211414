package io.heddle;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A task that needs its index only. As {@link TaskFunction} otherwise.
 *
 * @param <R> the result's type
 */
@FunctionalInterface
public interface IndexFunction<R extends @Nullable Object> extends Serializable {
    /**
     * Runs the task.
     *
     * @param index from 0
     * @return its result; null is allowed
     * @throws Exception any failure; it stops the call and reaches its caller as the cause of a {@link TaskFailedException}
     */
    R apply(int index) throws Exception;
}
