package io.heddle;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A task without a result. As {@link TaskFunction} otherwise.
 *
 * @param <T> the input's type
 */
@FunctionalInterface
public interface TaskConsumer<T extends @Nullable Object> extends Serializable {
    /**
     * Runs the task.
     *
     * @param input one input
     * @throws Exception any failure; it stops the call and reaches its caller as the cause of a {@link TaskFailedException}
     */
    void accept(T input) throws Exception;
}
