package io.heddle;

import io.heddle.backend.Backend;
import io.heddle.dispatch.CallFailure;
import io.heddle.dispatch.Choice;
import io.heddle.dispatch.Dispatcher;
import io.heddle.dispatch.Tasks;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Spreads tasks over workers and keeps the native libraries inside them to their share of the CPUs.
 *
 * <pre>{@code
 * List<Score> scores = Parallel.jobs(4).map(grid, point -> fit(X, y, point));
 * }</pre>
 *
 * <p>What is not said here comes from the innermost open {@link ParallelConfig} that says it, else from the defaults: the {@code threads}
 * backend; as many workers as there are usable CPUs; in each worker at most
 *
 * <pre>innerMaxNumThreads = max(usableCpus / effectiveJobs, 1)</pre>
 *
 * <p>native threads (joblib's rule). The inner limit holds in every worker on every library that {@link NativeThreads#info()} lists,
 * libraries loaded during the call included from the worker's next range of tasks on, and is undone afterwards. With one job the tasks
 * run on the calling thread, under the same limit; a virtual thread gets one worker thread instead, as it cannot hold a thread limit.
 *
 * <p>A default inner limit is a cap: a library that {@code OMP_NUM_THREADS} or the like keeps lower stays there. An
 * {@code innerMaxNumThreads} that is said is set as it is.
 *
 * <p>On the calling thread native linear algebra has only that thread's stack, 1 MB by default, which some LAPACK builds overrun when they
 * use several threads: run with two jobs or more, or start the calling thread with a larger stack.
 *
 * <p>The first task that fails stops the call: no further task is started, running ones are interrupted, and a call waits for them 1 s at
 * most. If one of them heeds no interrupt, the exception names it, and it keeps its thread until it ends.
 *
 * <p>A call throws {@link IllegalArgumentException} where an explicit inner limit meets a backend that cannot hold one, and
 * {@link IllegalStateException} where the backend has no worker or native access is denied to the module {@code io.heddle}.
 *
 * <p>Immutable and thread-safe.
 */
public final class Parallel {
    private static final Parallel UNSAID = new Parallel(Choice.NONE);

    private final Choice choice;

    private Parallel(Choice choice) {
        this.choice = choice;
    }

    /**
     * Calls that say nothing themselves: what a library uses that leaves the choice to its caller.
     *
     * @return all from the context and the defaults
     */
    public static Parallel create() {
        return UNSAID;
    }

    /**
     * Calls with a number of workers, all else from the context and the defaults.
     *
     * @param jobs 1 or more, also above the number of CPUs; -1 for all usable CPUs, -2 for all but one, and so on (at least one)
     * @return calls with that many workers
     * @throws IllegalArgumentException if jobs is 0 or above 32768
     */
    public static Parallel jobs(int jobs) {
        return builder().jobs(jobs).build();
    }

    /**
     * Calls with more said.
     *
     * @return a builder that says nothing yet
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The CPUs that calls made by the current thread share out.
     *
     * @return outside of tasks the usable CPUs: the least of what the JDK counts (affinity, container), the cgroup's quota, and the user's cap
     *     in the system property {@code heddle.maxCpus} or the environment variable {@code HEDDLE_MAX_CPUS}; inside a task the worker's share
     * @throws IllegalArgumentException if the user's cap is not a whole number of at least 1
     */
    public static int usableCpus() {
        return Dispatcher.cpus();
    }

    /**
     * How many workers a call made here and now could have.
     *
     * @return the effective number of jobs, at least 1
     * @throws IllegalArgumentException if an explicit inner limit meets a backend that cannot hold one
     */
    public int effectiveJobs() {
        return Dispatcher.effectiveJobs(choice);
    }

    /**
     * Applies a task to every input.
     *
     * @param inputs the inputs; copied when the call begins
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results in the inputs' order, unmodifiable
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> List<R> map(
            Collection<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        Objects.requireNonNull(inputs, "inputs");
        Objects.requireNonNull(task, "task");
        return run(CallTasks.map(inputs.toArray(), task));
    }

    /**
     * Applies a task to every input, for its effect.
     *
     * @param inputs the inputs; copied when the call begins
     * @param task the task
     * @param <T> the inputs' type
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object> void forEach(Collection<? extends T> inputs, TaskConsumer<? super T> task) {
        Objects.requireNonNull(task, "task");
        Parallel.this.<T, @Nullable Void>map(inputs, input -> {
            task.accept(input);
            return null;
        });
    }

    /**
     * Applies a task to every index below a count.
     *
     * @param count the number of tasks, 0 or more
     * @param task the task
     * @param <R> the results' type
     * @return the results in the order of the indices, unmodifiable
     * @throws IllegalArgumentException if count is negative
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <R extends @Nullable Object> List<R> range(int count, IndexFunction<? extends R> task) {
        Objects.requireNonNull(task, "task");
        if (count < 0) {
            throw new IllegalArgumentException("count = " + count + " is not a number of tasks: give 0 or more");
        }
        return run(CallTasks.range(count, task));
    }

    /**
     * Calls every callable.
     *
     * @param tasks the callables; the collection is copied when the call begins
     * @param <R> the results' type
     * @return the results in the callables' order, unmodifiable
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <R extends @Nullable Object> List<R> call(Collection<? extends Callable<? extends R>> tasks) {
        List<Callable<? extends R>> copy = new ArrayList<>(tasks);
        copy.forEach(task -> Objects.requireNonNull(task, "a task is null"));
        return run(CallTasks.callables(copy));
    }

    private <R extends @Nullable Object> List<R> run(Tasks tasks) {
        try {
            return Dispatcher.run(tasks, choice);
        } catch (CallFailure failure) {
            throw toUser(failure, tasks);
        }
    }

    private static RuntimeException toUser(CallFailure failure, Tasks tasks) {
        String rest = failure.stillRunning().isEmpty() ? "" : " (" + failure.stillRunning() + ")";
        Throwable cause = failure.getCause();
        if (cause == null) {
            return new CancellationException("The thread that waited for " + tasks.size()
                    + " tasks was interrupted; the tasks were cancelled" + rest);
        }
        if (failure.task() == CallFailure.NO_TASK) {
            return new ParallelException(
                    "A call of " + tasks.size() + " tasks could not be run: " + Shown.of(cause) + rest, cause);
        }
        Object input = tasks.input(failure.task());
        return new TaskFailedException(
                "Task " + failure.task() + " of " + tasks.size() + (input == null ? "" : ", input " + Shown.of(input))
                        + " failed: " + Shown.of(cause) + rest,
                cause,
                failure.task());
    }

    /** Collects what calls say. Not thread-safe. */
    public static final class Builder {
        private final BackendChoice backend = new BackendChoice();
        private Choice choice = Choice.NONE;

        private Builder() {}

        /**
         * How many workers.
         *
         * @param jobs as in {@link Parallel#jobs(int)}
         * @return this
         * @throws IllegalArgumentException if jobs is 0 or above 32768
         */
        public Builder jobs(int jobs) {
            choice = choice.withJobs(jobs);
            return this;
        }

        /**
         * The backend by its name.
         *
         * @param name {@code sequential}, {@code threads}, or one that a {@link io.heddle.backend.BackendProvider} provides
         * @return this
         */
        public Builder backend(String name) {
            backend.name(name);
            return this;
        }

        /**
         * The backend itself.
         *
         * @param instance the backend
         * @return this
         */
        public Builder backend(Backend instance) {
            backend.instance(instance);
            return this;
        }

        /**
         * An option of the backend that was named.
         *
         * @param name the option's name
         * @param value its value
         * @return this
         */
        public Builder option(String name, Object value) {
            backend.option(name, value);
            return this;
        }

        /**
         * The threads that native libraries may use in each worker.
         *
         * @param threads at least 1
         * @return this
         * @throws IllegalArgumentException if threads is below 1
         */
        public Builder innerMaxNumThreads(int threads) {
            choice = choice.withInnerMaxNumThreads(threads);
            return this;
        }

        /**
         * The calls that were described.
         *
         * @return an immutable {@code Parallel}
         * @throws IllegalArgumentException if the backend's name or one of its options is unknown, or options come without a name
         */
        public Parallel build() {
            return new Parallel(backend.applyTo(choice));
        }
    }
}
