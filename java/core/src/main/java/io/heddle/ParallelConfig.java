package io.heddle;

import io.heddle.backend.Backend;
import io.heddle.dispatch.Choice;
import io.heddle.dispatch.Context;
import java.util.concurrent.Callable;

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
 * configuration belongs to the thread that opened it; it reaches the calls made by that thread and not those of other threads. Workers are
 * other threads: a call that a task makes there has the worker's share of the CPUs to itself, and nothing else is configured.
 *
 * <p>A {@code ParallelConfig} describes; it is not thread-safe. A {@link Scope} is confined to its thread.
 */
public final class ParallelConfig {
    private final BackendChoice backend = new BackendChoice();
    private Choice choice = Choice.NONE;

    private ParallelConfig() {}

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
     * @param name {@code sequential}, {@code threads}, or one that a {@link io.heddle.backend.BackendProvider} provides
     * @return a new configuration
     */
    public static ParallelConfig backend(String name) {
        ParallelConfig config = create();
        config.backend.name(name);
        return config;
    }

    /**
     * A configuration with a backend of the caller's own.
     *
     * @param instance the backend; closing it stays the caller's part
     * @return a new configuration
     */
    public static ParallelConfig backend(Backend instance) {
        ParallelConfig config = create();
        config.backend.instance(instance);
        return config;
    }

    /**
     * An option of the backend that was named.
     *
     * @param name the option's name
     * @param value its value
     * @return this
     */
    public ParallelConfig option(String name, Object value) {
        backend.option(name, value);
        return this;
    }

    /**
     * How many workers calls have.
     *
     * @param jobs as in {@link Parallel#jobs(int)}
     * @return this
     * @throws IllegalArgumentException if jobs is 0 or above 32768
     */
    public ParallelConfig jobs(int jobs) {
        choice = choice.withJobs(jobs);
        return this;
    }

    /**
     * The threads that native libraries may use in each worker.
     *
     * @param threads at least 1
     * @return this
     * @throws IllegalArgumentException if threads is below 1
     */
    public ParallelConfig innerMaxNumThreads(int threads) {
        choice = choice.withInnerMaxNumThreads(threads);
        return this;
    }

    /**
     * Opens the configuration for the current thread.
     *
     * @return the scope that closes it
     * @throws IllegalArgumentException if the backend's name or one of its options is unknown, or options come without a name
     */
    public Scope open() {
        return new Scope(Context.open(backend.applyTo(choice)));
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
