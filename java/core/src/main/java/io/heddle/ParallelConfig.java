package io.heddle;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendProvider;
import io.heddle.control.Registration;
import io.heddle.dispatch.Backends;
import io.heddle.dispatch.Context;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The default of every {@link Parallel} called inside it, also in library code that knows nothing of backends:
 *
 * <pre>{@code
 * try (var _ = ParallelConfig.backend("threads").jobs(2).innerMaxNumThreads(1).open()) {
 *     library.fit(X, y);
 * }
 * }</pre>
 *
 * <p>What a call says itself goes first, then the innermost configuration that says it, then the outer ones, then the defaults. A
 * configuration belongs to the thread that opened it; it reaches the calls made by that thread and their tasks, and not those of other
 * threads, unless {@link #capture()} takes it there. In a task holds what binds it: the constraint, the listeners, the inner limit as a cap on
 * that of nested calls, and the worker's share of the CPUs. Backend, jobs and the rest were meant for the call itself.
 *
 * <p>A {@code ParallelConfig} describes; it is not thread-safe. A {@link Scope} is confined to its thread.
 */
public final class ParallelConfig extends ParallelSettings<ParallelConfig> {
    private ParallelConfig() {}

    @Override
    ParallelConfig self() {
        return this;
    }

    /**
     * A configuration that says nothing yet.
     *
     * @return a new one
     */
    public static ParallelConfig create() {
        return new ParallelConfig();
    }

    /**
     * A configuration that names a backend. Unless jobs are said too, here or further out, all usable CPUs are taken.
     *
     * @param name {@code sequential}, {@code threads}, {@code virtual-threads}, or one that a {@link io.heddle.backend.BackendProvider}
     *     provides
     * @return a new configuration
     */
    public static ParallelConfig backend(String name) {
        return create().backendNamed(name);
    }

    /**
     * A configuration with a backend of the caller's own.
     *
     * @param instance the backend; closing it stays the caller's part
     * @return a new configuration
     */
    public static ParallelConfig backend(Backend instance) {
        return create().backendInstance(instance);
    }

    /**
     * Opens the configuration for the current thread.
     *
     * @return the scope that closes it
     * @throws IllegalArgumentException if the backend's name or one of its options is unknown, options come without a name, the
     *     backend does not meet the constraint, or another constraint binds here
     */
    public Scope open() {
        return new Scope(Context.open(choice()));
    }

    /**
     * Runs code under this configuration.
     *
     * @param body the code
     * @param <R> its result's type
     * @return its result
     * @throws Exception what it throws
     */
    public <R> R call(Callable<R> body) throws Exception {
        try (Scope _ = open()) {
            return body.call();
        }
    }

    /**
     * Runs code under this configuration.
     *
     * @param body the code
     */
    public void run(Runnable body) {
        try (Scope _ = open()) {
            body.run();
        }
    }

    /**
     * Makes this configuration the outermost of the whole JVM: what no call and no open configuration says comes from it, on every thread.
     * In tasks it holds as an open one does, by what binds them. For the main program, not for libraries.
     *
     * @return what takes it back
     * @throws IllegalArgumentException as {@link #open()}
     * @throws IllegalStateException if one is installed already
     */
    public Registration install() {
        Runnable back = Context.install(choice());
        return back::run;
    }

    /**
     * Makes a backend known by its name, as the service loader does for those it finds.
     *
     * @param provider makes the backend
     * @return what takes it back; calls that have the backend keep it
     * @throws IllegalArgumentException if the name is taken
     */
    public static Registration register(BackendProvider provider) {
        Runnable back = Backends.register(provider);
        return back::run;
    }

    /**
     * What holds on the current thread, for other threads: its configuration, the task's nesting level and its worker's share of the CPUs. The
     * one bridge between threads: neither new threads nor executors inherit anything.
     *
     * @return what is captured; it stays as it is when this thread's configurations are closed
     */
    public static Captured capture() {
        return new Captured(Context.capture());
    }

    /** What held on a thread when it was captured. Immutable and thread-safe. */
    public static final class Captured {
        private final Context.Captured context;

        private Captured(Context.Captured context) {
            this.context = context;
        }

        /**
         * Makes it hold on the current thread, in place of what holds there.
         *
         * @return the scope that brings that back
         */
        public Scope open() {
            return new Scope(context.open());
        }

        /**
         * A runnable that runs under it, on whichever thread.
         *
         * @param body what to run
         * @return the same under what was captured
         */
        public Runnable wrap(Runnable body) {
            Objects.requireNonNull(body, "body");
            return () -> {
                try (Scope _ = open()) {
                    body.run();
                }
            };
        }

        /**
         * A callable that runs under it, on whichever thread.
         *
         * @param body what to run
         * @param <R> its result's type
         * @return the same under what was captured
         */
        public <R extends @Nullable Object> Callable<R> wrap(Callable<R> body) {
            Objects.requireNonNull(body, "body");
            return () -> {
                try (Scope _ = open()) {
                    return body.call();
                }
            };
        }

        /**
         * An executor whose tasks run under it.
         *
         * @param executor runs them
         * @return the same under what was captured
         */
        public Executor wrap(Executor executor) {
            Objects.requireNonNull(executor, "executor");
            return body -> executor.execute(wrap(body));
        }
    }

    /** An open configuration, until it is closed. Confined to the thread that opened it. */
    public static final class Scope implements AutoCloseable {
        private final Context.Opened opened;

        private Scope(Context.Opened opened) {
            this.opened = opened;
        }

        /**
         * Makes the outer configuration hold again. A second call does nothing.
         *
         * @throws IllegalStateException if another thread opened it, or if a scope that was opened inside it is still open
         */
        @Override
        public void close() {
            opened.close();
        }
    }
}
