package io.heddle;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A task: the same function applied to each input. Called by several workers at once.
 *
 * <p>Serializable, so that a lambda can be sent to a worker in another process; what it captures must then be serialisable too.
 *
 * @param <T> the input's type
 * @param <R> the result's type
 */
@FunctionalInterface
public interface TaskFunction<T extends @Nullable Object, R extends @Nullable Object> extends Serializable {
    /**
     * Runs the task.
     *
     * @param input one input
     * @return its result; null is allowed
     * @throws Exception any failure; it stops the call and reaches its caller as the cause of a {@link TaskFailedException}
     */
    R apply(T input) throws Exception;
}
