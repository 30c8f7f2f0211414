package io.heddle.backend;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What the tasks of a call have in common: the user's function. A backend whose workers share no memory sends it to each worker once, and
 * then only what each task has of its own. Serialisable if the user's function is.
 */
@FunctionalInterface
public interface SharedFunction extends Serializable {
    /**
     * Runs one task.
     *
     * @param index the task's index
     * @param argument what {@link Work#argument} gave for it
     * @return its result
     * @throws Exception what the task throws
     */
    @Nullable
    Object apply(long index, @Nullable Object argument) throws Exception;
}
