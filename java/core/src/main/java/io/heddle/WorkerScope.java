package io.heddle;

import io.heddle.backend.CallSettings;
import io.heddle.backend.RemoteTask;
import io.heddle.dispatch.WorkerSession;
import java.util.Objects;

/**
 * For backends that run tasks outside of {@link io.heddle.backend.Work#runHere}: while open, the calling thread is a worker of a call.
 * Native libraries keep to the call's inner limit, and calls that a task makes see the worker's share of the CPUs and their nesting level.
 *
 * <p>Confined to the thread that opened it.
 */
public final class WorkerScope implements AutoCloseable {
    private final WorkerSession session;

    private WorkerScope(WorkerSession session) {
        this.session = session;
    }

    /**
     * Makes the calling thread a worker.
     *
     * @param settings the settings of the call whose tasks it will run
     * @param worker which of the call's workers, from 0 to jobs - 1
     * @return the open scope
     * @throws IllegalStateException if the calling thread is virtual
     */
    public static WorkerScope open(CallSettings settings, int worker) {
        return new WorkerScope(WorkerSession.open(settings, worker, null, 0));
    }

    /**
     * Makes the calling thread a worker whose tasks can ask about themselves by {@link TaskContext}.
     *
     * @param settings the settings of the call whose tasks it will run
     * @param worker which of the call's workers, from 0 to jobs - 1
     * @param task what it runs, now and later
     * @param environmentLimit where environment variables have held the native libraries of this process to a number of threads since its
     *     start: that number; 0 otherwise. If it is the call's inner limit, nothing native is touched before a task opens a limit itself:
     *     the first use of native functions costs a process 46 to 146 ms
     * @return the open scope
     * @throws IllegalStateException if the calling thread is virtual
     */
    public static WorkerScope open(CallSettings settings, int worker, RemoteTask task, int environmentLimit) {
        return new WorkerScope(
                WorkerSession.open(settings, worker, Objects.requireNonNull(task, "task"), environmentLimit));
    }

    /**
     * Undoes what a task left open, and takes libraries that were loaded meanwhile under the inner limit; to be called between tasks or
     * batches.
     *
     * @throws IllegalStateException if another thread opened it
     */
    public void refresh() {
        session.refresh();
    }

    /**
     * Undoes the limit and leaves the call. A second call does nothing.
     *
     * @throws IllegalStateException if another thread opened it; it stays open then
     */
    @Override
    public void close() {
        session.close();
    }
}
