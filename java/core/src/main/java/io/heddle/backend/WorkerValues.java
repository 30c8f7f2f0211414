package io.heddle.backend;

import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** The values that one worker has of all {@link WorkerLocal}s. Confined to its thread. */
final class WorkerValues {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");
    private static final ThreadLocal<@Nullable WorkerValues> OF_THREAD = new ThreadLocal<>();

    private final SequencedMap<WorkerLocal<?>, AutoCloseable> values = new LinkedHashMap<>(); // in the order of making

    private WorkerValues() {}

    /** The whole life of a worker: its thread has values while the body runs, and closes them afterwards. */
    static Runnable worker(Runnable body) {
        return () -> {
            WorkerValues values = new WorkerValues();
            OF_THREAD.set(values);
            try {
                body.run();
            } finally {
                OF_THREAD.remove(); // what a close asks for would never be closed
                values.close();
            }
        };
    }

    static @Nullable WorkerValues ofCurrentThread() {
        return OF_THREAD.get();
    }

    @SuppressWarnings("unchecked") // made by the same WorkerLocal
    <T extends AutoCloseable> T get(WorkerLocal<T> local) {
        AutoCloseable value = values.get(local);
        if (value == null) {
            value = local.make(); // which may ask for other values
            values.put(local, value);
        }
        return (T) value;
    }

    private void close() {
        Thread.interrupted(); // that the backend was closed is no reason to hurry a close
        while (!values.isEmpty()) {
            AutoCloseable value = values.pollLastEntry().getValue();
            try {
                value.close();
            } catch (
                    Throwable
                            e) { // an Error too: the other values are still to be closed, and nobody else would see it
                LOGGER.log(
                        Level.WARNING,
                        () -> "The worker " + Thread.currentThread().getName() + " could not close its "
                                + value.getClass().getName()
                                + " (WorkerLocal); what that holds may be lost until the JVM exits.",
                        e);
            }
        }
    }
}
