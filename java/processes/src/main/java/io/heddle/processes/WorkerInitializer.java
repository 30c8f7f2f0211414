package io.heddle.processes;

import java.io.Serializable;

/**
 * What a new worker process runs before its first task: opens what its tasks share, loads a native library. A failure fails the call that
 * wanted the worker.
 */
@FunctionalInterface
@SuppressWarnings("FunctionalInterfaceMethodChanged") // as a Runnable it does the same
public interface WorkerInitializer extends Runnable, Serializable {
    /**
     * Runs in the worker, on the thread that will run its tasks.
     *
     * @throws Exception whatever it likes; the call that wanted the worker fails by it
     */
    void initialize() throws Exception;

    /** Calls {@link #initialize}, whose exceptions it throws as they are, checked ones included. */
    @Override
    default void run() {
        try {
            initialize();
        } catch (Exception e) {
            throw WorkerInitializer.<RuntimeException>asIs(e);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the JVM knows no checked exceptions
    private static <E extends Exception> E asIs(Exception exception) throws E {
        throw (E) exception;
    }
}
