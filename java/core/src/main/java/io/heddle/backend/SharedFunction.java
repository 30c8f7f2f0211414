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

    /**
     * Who loads the classes of the user's function, inputs and results.
     *
     * @return the class loader of the user's function; the calling thread's context class loader where there is no one function
     */
    default ClassLoader classLoader() {
        return loader(getClass());
    }

    /**
     * Who loaded a class.
     *
     * @param type a class
     * @return its class loader; the system's for one of the JDK
     */
    static ClassLoader loader(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        return loader == null ? ClassLoader.getSystemClassLoader() : loader;
    }
}
