package io.heddle;

import io.heddle.backend.Backend;
import io.heddle.dispatch.CallFailure;
import io.heddle.dispatch.Choice;
import io.heddle.dispatch.Dispatcher;
import io.heddle.dispatch.LazyTasks;
import io.heddle.dispatch.Results;
import io.heddle.dispatch.Tasks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Spreads tasks over workers and keeps the native libraries inside them to their share of the CPUs.
 *
 * <pre>{@code
 * List<Score> scores = Parallel.jobs(4).map(grid, point -> fit(X, y, point));
 * }</pre>
 *
 * <p>Inputs come from a collection, whose tasks are shared out by ranges of indices, or from a producer ({@link java.util.Iterator},
 * {@link Stream}, {@link Spliterator}), which is asked as workers get free. Results come as a list, as a stream while the call runs
 * ({@link #ordered(Collection, TaskFunction) ordered}, {@link #unordered(Collection, TaskFunction) unordered}), as outcomes that tell failures
 * from results ({@link #outcomes}), later ({@link #mapAsync}), or through an {@link #executor()}.
 *
 * <p>What is not said here comes from the innermost open {@link ParallelConfig} that says it, else from the defaults: the {@code threads}
 * backend; as many workers as there are usable CPUs; in each worker at most
 *
 * <pre>innerMaxNumThreads = max(usableCpus / effectiveJobs, 1)</pre>
 *
 * <p>native threads (joblib's rule); remainder CPUs are given out too: of 8 CPUs three workers have 3, 3 and 2, and a call of two tasks has
 * two workers with 4 each. Calls that run at the same time share the CPUs fairly, and calls that a task makes share its worker's part:
 * outer times nested times inner stays within the usable CPUs, unless the user says jobs or inner threads that do not, which is done, and
 * warned of, once for each such combination. Calls below the first level of nesting run on the thread of the task that makes them, unless
 * they name a backend. A call that was given no number of jobs lets workers wait while others need the CPUs, so tasks that wait for each other
 * need a number that is said. The inner limit holds in every worker on every library that {@link NativeThreads#info()} lists, libraries
 * loaded during the call included from the worker's next range of tasks on, and is undone afterwards. With one job the backends
 * {@code sequential} and {@code threads} run the tasks on the calling thread, under the same limit; a virtual thread gets one worker thread
 * instead, as it cannot hold a thread limit, and so do tasks that are limited in time.
 *
 * <p>A default inner limit is a cap: a library that {@code OMP_NUM_THREADS} or the like keeps lower stays there. An
 * {@code innerMaxNumThreads} that is said is set as it is.
 *
 * <p>On the calling thread native linear algebra has only that thread's stack, 1 MB by default, which some LAPACK builds overrun when they
 * use several threads: run with two jobs or more, or start the calling thread with a larger stack.
 *
 * <p>The first task that fails stops the call, unless it is tried again ({@link ParallelSettings#retries}) or outcomes were asked for: no
 * further task is started, running ones are interrupted and can ask {@link TaskContext#isCancelled()}, and a call waits for them 1 s at most.
 * If one of them heeds no interrupt, the exception names it, and it keeps its thread until it ends. Where a worker has been running tasks of
 * a fraction of a microsecond, up to 15 more may follow the one that takes the interrupt; where a batch size is said, none.
 *
 * <p>An interrupt of the calling thread cancels the call. Where tasks run on that thread, an {@link InterruptedException} that one throws is
 * taken for one, since whoever throws it clears the flag: it is the cause of the {@link CancellationException}, and neither an outcome nor
 * tried again.
 *
 * <p>A call throws {@link IllegalArgumentException} where an explicit inner limit or a time limit meets a backend that cannot hold it, or a
 * named backend does not meet a constraint or one constraint is said inside another, and
 * {@link IllegalStateException} where the backend has no worker or native access is denied to the module {@code io.heddle}.
 *
 * <p>Immutable and thread-safe.
 */
public final class Parallel {
    private static final Parallel UNSAID = new Parallel(Choice.NONE);

    private static final long UNKNOWN = -1;

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
     * @throws IllegalArgumentException if an explicit inner limit meets a backend that cannot hold one, or as a call would otherwise
     * @throws IllegalStateException if the backend has no worker
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
     * Applies a task to every input that a producer gives. The producer is asked as workers get free, by one of them at a time, on their
     * threads.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results in the inputs' order, unmodifiable
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call, or the producer failed
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> List<R> map(
            Iterator<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        Objects.requireNonNull(inputs, "inputs");
        Objects.requireNonNull(task, "task");
        return run(CallTasks.lazy(inputs, OptionalLong.empty(), task), true);
    }

    /**
     * As {@link #map(Iterator, TaskFunction)}, of a stream, which is closed in the end.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results in the inputs' order, unmodifiable
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call, or the producer failed
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> List<R> map(
            Stream<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        try (inputs) {
            return map(inputs.iterator(), task);
        }
    }

    /**
     * As {@link #map(Iterator, TaskFunction)}, of a spliterator.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results in the inputs' order, unmodifiable
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call, or the producer failed
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> List<R> map(
            Spliterator<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        return map(Spliterators.iterator(inputs), task);
    }

    /**
     * Applies a task to every input and gives what became of each, whichever failed. Only what stops the whole call is thrown.
     *
     * @param inputs the inputs; copied when the call begins
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return an outcome for each input, in the inputs' order, unmodifiable
     * @throws ParallelException if the backend could not run the call
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> List<Outcome<R>> outcomes(
            Collection<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        Objects.requireNonNull(inputs, "inputs");
        Objects.requireNonNull(task, "task");
        Tasks tasks = CallTasks.map(inputs.toArray(), task);
        List<@Nullable Object> all;
        try {
            all = Dispatcher.runAll(tasks, choice);
        } catch (CallFailure failure) {
            throw CallExceptions.of(failure);
        }
        List<Outcome<R>> outcomes = new ArrayList<>(all.size());
        for (int index = 0; index < all.size(); index++) {
            Object outcome = all.get(index);
            Throwable cause = Dispatcher.failureOf(outcome);
            outcomes.add(
                    cause == null
                            ? success(outcome)
                            : new Outcome.Failure<>(
                                    CallExceptions.ofTask(index, tasks.size(), tasks.input(index), cause)));
        }
        return Collections.unmodifiableList(outcomes);
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // what the task returned
    private static <R extends @Nullable Object> Outcome<R> success(@Nullable Object result) {
        return new Outcome.Success<>((R) result);
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
        Parallel.this.<T, @Nullable Void>map(inputs, CallTasks.withoutResult(task));
    }

    /**
     * Applies a task to every input that a producer gives, for its effect. Nothing is kept of what is done, so there may be any number.
     *
     * @param inputs gives the inputs, as in {@link #map(Iterator, TaskFunction)}
     * @param task the task
     * @param <T> the inputs' type
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call, or the producer failed
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object> void forEach(Iterator<? extends T> inputs, TaskConsumer<? super T> task) {
        Objects.requireNonNull(inputs, "inputs");
        Objects.requireNonNull(task, "task");
        run(CallTasks.<T>lazy(inputs, OptionalLong.empty(), CallTasks.withoutResult(task)), false);
    }

    /**
     * As {@link #forEach(Iterator, TaskConsumer)}, of a stream, which is closed in the end.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @throws TaskFailedException if a task failed
     * @throws ParallelException if the backend could not run the call, or the producer failed
     * @throws CancellationException if the calling thread was interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object> void forEach(Stream<? extends T> inputs, TaskConsumer<? super T> task) {
        try (inputs) {
            forEach(inputs.iterator(), task);
        }
    }

    /**
     * Applies a task to every index below a count.
     *
     * @param count the number of tasks, 0 or more
     * @param task the task
     * @param <R> the results' type
     * @return the results in the order of the indices, unmodifiable
     * @throws IllegalArgumentException if count is negative
     * @throws OutOfMemoryError if the heap has no room for so many results; the message says what to do
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

    // results while the call runs

    /**
     * Applies a task to every input and gives the results in the inputs' order while the call still runs.
     *
     * <pre>{@code
     * try (Stream<Score> scores = Parallel.jobs(4).ordered(grid, point -> fit(X, y, point))) {
     *     scores.filter(Score::isGood).findFirst();      // what is left is cancelled
     * }
     * }</pre>
     *
     * <p>Work begins at the call. How far it may run ahead of the consumer is bounded: by {@link ParallelSettings#preDispatch(int)}, else two
     * batches for each worker; a consumer that is slow makes the workers wait, and they leave their CPUs to others meanwhile. With one job
     * a task runs on the consuming thread when its result is asked for (a platform thread, if the call was made on one: a virtual one is
     * refused by an {@link IllegalStateException} then). Closing the stream cancels what is left; so does losing it, once the garbage
     * collector finds out. The failure of a task is thrown by the stream's terminal operation, as soon as it is known. The stream is
     * for one thread at a time; results are worked on in sequence.
     *
     * @param inputs the inputs; copied when the call begins
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results, to be closed unless they are consumed to the end; throws {@link TaskFailedException}, {@link ParallelException} and
     *     {@link CancellationException} as {@link #map(Collection, TaskFunction)} does
     * @throws CancellationException if the calling thread is interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> Stream<R> ordered(
            Collection<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        return stream(copied(inputs), inputs.size(), task, true);
    }

    /**
     * As {@link #ordered(Collection, TaskFunction)}, of the inputs that a producer gives. It is asked by one worker at a time, on the workers'
     * threads.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results, to be closed unless they are consumed to the end
     * @throws CancellationException if the calling thread is interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> Stream<R> ordered(
            Iterator<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        return stream(inputs, UNKNOWN, task, true);
    }

    /**
     * As {@link #ordered(Iterator, TaskFunction)}, of a stream, which is closed with the results.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results, to be closed
     * @throws CancellationException if the calling thread is interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> Stream<R> ordered(
            Stream<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        try {
            return this.<T, R>ordered(inputs.iterator(), task).onClose(inputs::close);
        } catch (RuntimeException | Error e) {
            inputs.close(); // nobody gets what would close it
            throw e;
        }
    }

    /**
     * As {@link #ordered(Iterator, TaskFunction)}, of a spliterator.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results, to be closed unless they are consumed to the end
     * @throws CancellationException if the calling thread is interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> Stream<R> ordered(
            Spliterator<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        return ordered(Spliterators.iterator(inputs), task);
    }

    /**
     * As {@link #ordered(Collection, TaskFunction)}, but the results come in the order in which they get ready.
     *
     * @param inputs the inputs; copied when the call begins
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results, to be closed unless they are consumed to the end
     * @throws CancellationException if the calling thread is interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> Stream<R> unordered(
            Collection<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        return stream(copied(inputs), inputs.size(), task, false);
    }

    /**
     * As {@link #ordered(Iterator, TaskFunction)}, but the results come in the order in which they get ready.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results, to be closed unless they are consumed to the end
     * @throws CancellationException if the calling thread is interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> Stream<R> unordered(
            Iterator<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        return stream(inputs, UNKNOWN, task, false);
    }

    /**
     * As {@link #ordered(Stream, TaskFunction)}, but the results come in the order in which they get ready.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results, to be closed
     * @throws CancellationException if the calling thread is interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> Stream<R> unordered(
            Stream<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        try {
            return this.<T, R>unordered(inputs.iterator(), task).onClose(inputs::close);
        } catch (RuntimeException | Error e) {
            inputs.close(); // nobody gets what would close it
            throw e;
        }
    }

    /**
     * As {@link #ordered(Spliterator, TaskFunction)}, but the results come in the order in which they get ready.
     *
     * @param inputs gives the inputs
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results, to be closed unless they are consumed to the end
     * @throws CancellationException if the calling thread is interrupted; its interrupt flag is set again
     */
    public <T extends @Nullable Object, R extends @Nullable Object> Stream<R> unordered(
            Spliterator<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        return unordered(Spliterators.iterator(inputs), task);
    }

    @SuppressWarnings("unchecked") // an array of the collection of T
    private static <T extends @Nullable Object> Iterator<T> copied(Collection<? extends T> inputs) {
        return (Iterator<T>) Arrays.asList(inputs.toArray()).iterator();
    }

    private <T extends @Nullable Object, R extends @Nullable Object> Stream<R> stream(
            Iterator<? extends T> inputs, long size, TaskFunction<? super T, ? extends R> task, boolean ordered) {
        Objects.requireNonNull(inputs, "inputs");
        Objects.requireNonNull(task, "task");
        OptionalLong known = size == UNKNOWN ? OptionalLong.empty() : OptionalLong.of(size);
        try {
            Results results = Dispatcher.start(CallTasks.lazy(inputs, known, task), choice, ordered);
            return ResultStream.of(results, size == UNKNOWN ? Long.MAX_VALUE : size, ordered);
        } catch (CallFailure failure) {
            throw CallExceptions.of(failure);
        }
    }

    // results later

    /**
     * As {@link #map(Collection, TaskFunction)}, without waiting. The call keeps the configuration and the share of the CPUs of the thread that
     * makes it.
     *
     * @param inputs the inputs; copied when the call begins
     * @param task the task
     * @param <T> the inputs' type
     * @param <R> the results' type
     * @return the results to come, or what {@code map} would throw, with the stack of the thread that made the call suppressed in it. Whatever
     *     completes it first, {@code cancel} or {@code orTimeout} for instance, cancels the tasks
     */
    public <T extends @Nullable Object, R extends @Nullable Object> CompletableFuture<List<R>> mapAsync(
            Collection<? extends T> inputs, TaskFunction<? super T, ? extends R> task) {
        Objects.requireNonNull(inputs, "inputs");
        Objects.requireNonNull(task, "task");
        Tasks tasks = CallTasks.map(inputs.toArray(), task);
        return Async.start(() -> run(tasks));
    }

    /**
     * An executor whose tasks run as tasks of this {@code Parallel}: on its backend, by its workers, under the inner limit, the configuration
     * and the share of the CPUs of the thread that calls this method. For libraries that take an executor. While nothing is submitted it
     * holds neither threads nor CPUs. Tasks that wait for others of the same executor need as many jobs. Retries are made where tasks run in
     * this process.
     *
     * <p>Its futures are {@link CompletableFuture}s; cancelling one interrupts its task where that runs in this process.
     *
     * @return a new executor, to be closed
     */
    public ExecutorService executor() {
        return new ParallelExecutor(this, ParallelConfig.capture());
    }

    void runSubmitted(LazyTasks tasks) {
        try {
            Dispatcher.runEach(tasks, choice);
        } catch (CallFailure failure) {
            throw CallExceptions.of(failure);
        }
    }

    private <R extends @Nullable Object> List<R> run(Tasks tasks) {
        try {
            return Dispatcher.run(tasks, choice);
        } catch (CallFailure failure) {
            throw CallExceptions.of(failure);
        }
    }

    private <R extends @Nullable Object> List<R> run(LazyTasks tasks, boolean wanted) {
        try {
            return Dispatcher.run(tasks, choice, wanted);
        } catch (CallFailure failure) {
            throw CallExceptions.of(failure);
        }
    }

    /** Collects what calls say. Not thread-safe. */
    public static final class Builder extends ParallelSettings<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * The backend by its name.
         *
         * @param name {@code sequential}, {@code threads}, {@code virtual-threads}, or one that a {@link io.heddle.backend.BackendProvider}
         *     provides
         * @return this
         */
        public Builder backend(String name) {
            return backendNamed(name);
        }

        /**
         * The backend itself.
         *
         * @param instance the backend
         * @return this
         */
        public Builder backend(Backend instance) {
            return backendInstance(instance);
        }

        /**
         * The calls that were described.
         *
         * @return an immutable {@code Parallel}
         * @throws IllegalArgumentException if the backend's name or one of its options is unknown, options come without a name, or the backend
         *     does not meet the constraint
         */
        public Parallel build() {
            return new Parallel(choice());
        }
    }
}
