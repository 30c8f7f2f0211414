package io.heddle.backend;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A value of each worker of the threads backend: something that is dear to make, must not be shared between threads, and has to be closed.
 *
 * <pre>{@code
 * static final WorkerLocal<Session> SESSION = WorkerLocal.withInitial(Session::open);
 *
 * Parallel.jobs(4).map(inputs, input -> SESSION.get().orElseThrow().solve(input));
 * }</pre>
 *
 * <p>A worker gets its value at the first {@link #get()} in one of its tasks, keeps it across tasks and calls, and closes it itself when it
 * ends: {@value ThreadsBackend#KEEP_ALIVE_SECONDS} s after its last task, or when its {@link ThreadsBackend} was closed and it has no task any
 * more. A worker closes its values in the reverse order of their making; an exception of a close is logged as a warning and keeps nothing
 * else from being closed. Workers are daemons: those that live when the JVM exits close nothing.
 *
 * <p>Until then the worker holds the value strongly, and with it the value's class and class loader. The workers behind the name
 * {@code threads} serve everybody in the JVM, so an application that is unloaded is held until they have been idle for
 * {@value ThreadsBackend#KEEP_ALIVE_SECONDS} s; one that cannot wait for that gives its calls a {@link ThreadsBackend} of its own and closes
 * that.
 *
 * <p>Thread-safe: each worker meets its own value only.
 *
 * @param <T> the value's type
 */
public final class WorkerLocal<T extends AutoCloseable> {
    private final Supplier<? extends T> initial;

    private WorkerLocal(Supplier<? extends T> initial) {
        this.initial = initial;
    }

    /**
     * Values that are made on first use.
     *
     * @param initial makes a value, on the worker whose it will be; if it throws, the task sees that, and the next {@link #get()} tries anew
     * @param <T> the value's type
     * @return no value yet
     */
    public static <T extends AutoCloseable> WorkerLocal<T> withInitial(Supplier<? extends T> initial) {
        return new WorkerLocal<>(Objects.requireNonNull(initial, "initial"));
    }

    /**
     * The calling worker's value, made now if it has none.
     *
     * @return the value; empty on every other thread (the caller's own, where one job or the sequential backend runs tasks; virtual threads;
     *     threads that a task started) and inside the close of a worker's value
     */
    public Optional<T> get() {
        WorkerValues values = WorkerValues.ofCurrentThread();
        return values == null ? Optional.empty() : Optional.of(values.get(this));
    }

    T make() {
        return Objects.requireNonNull(
                initial.get(), "WorkerLocal.withInitial(initial): initial gave null; it must make a value");
    }
}
