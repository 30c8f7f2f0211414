package io.heddle;

import io.heddle.backend.Backend;
import io.heddle.backend.Constraint;
import io.heddle.backend.Hint;
import io.heddle.dispatch.Choice;
import io.heddle.dispatch.PreDispatch;
import java.time.Duration;
import java.util.Objects;

/**
 * What can be said of how to run, for one {@link Parallel} or, in a {@link ParallelConfig}, for all those called inside it. What is not said
 * comes from further out. Not thread-safe.
 *
 * @param <S> the type that collects it
 */
public abstract sealed class ParallelSettings<S extends ParallelSettings<S>> permits Parallel.Builder, ParallelConfig {
    private final BackendChoice backend = new BackendChoice();
    private Choice choice = Choice.NONE;

    ParallelSettings() {}

    abstract S self();

    /** What was said, the backend looked up. */
    final Choice choice() {
        Choice said = backend.applyTo(choice);
        said.checkConstraint();
        return said;
    }

    final S backendNamed(String name) {
        backend.name(name);
        return self();
    }

    final S backendInstance(Backend instance) {
        backend.instance(instance);
        return self();
    }

    /**
     * An option of the backend that was named.
     *
     * @param name the option's name
     * @param value its value
     * @return this
     */
    public S option(String name, Object value) {
        backend.option(name, value);
        return self();
    }

    /**
     * How many workers.
     *
     * <p>Calls below the first level of nesting run on the thread of the task that makes them, whatever jobs say, unless they name a backend
     * too: so a library that recurses starts no threads without end.
     *
     * @param jobs 1 or more, also above the number of CPUs, which is warned of, once for each such combination; -1 for all usable CPUs, -2
     *     for all but one, and so on (at least one)
     * @return this
     * @throws IllegalArgumentException if jobs is 0 or above 32768
     */
    public S jobs(int jobs) {
        choice = choice.withJobs(jobs);
        return self();
    }

    /**
     * The threads that native libraries may use in each worker.
     *
     * @param threads at least 1
     * @return this
     * @throws IllegalArgumentException if threads is below 1
     */
    public S innerMaxNumThreads(int threads) {
        choice = choice.withInnerMaxNumThreads(threads);
        return self();
    }

    /**
     * A wish for the kind of backend. It counts where no backend is said, neither here nor further out; worker processes that cannot be had
     * are replaced by threads, with one warning.
     *
     * @param hint the wish
     * @return this
     */
    public S prefer(Hint hint) {
        choice = choice.withHint(hint);
        return self();
    }

    /**
     * What the backend must have. It binds the calls inside too, and those that tasks make: saying another one there is an error. A backend
     * that was configured further out and does not meet it is replaced; one that is named together with it is an error.
     *
     * @param constraint what it must have
     * @return this
     */
    public S require(Constraint constraint) {
        choice = choice.withConstraint(constraint);
        return self();
    }

    /**
     * How many tasks are handed to a worker together. Without it a batch adapts to what its tasks take. Say 1 where a producer waits for the
     * results of tasks that it gave before.
     *
     * @param tasks at least 1
     * @return this
     * @throws IllegalArgumentException if it is below 1
     */
    public S batchSize(int tasks) {
        choice = choice.withBatchSize(tasks);
        return self();
    }

    /**
     * How many tasks are taken from a producer and not yet done or, where results come as a stream, not yet consumed. Without it a
     * stream is two batches for each worker ahead, and other calls take inputs as workers get free. It bounds the streams of a collection's
     * results too; other calls whose inputs are a collection take them all when they begin, so it has no effect there.
     *
     * @param tasks at least 1
     * @return this
     * @throws IllegalArgumentException if it is below 1
     */
    public S preDispatch(int tasks) {
        choice = choice.withPreDispatch(PreDispatch.of(tasks));
        return self();
    }

    /**
     * As {@link #preDispatch(int)}, by an expression as in joblib.
     *
     * @param expression {@code all}, or numbers, {@code n_jobs} (the effective jobs) and {@code + - * / // % ** ( )}, 30 characters at most, for
     *     instance {@code 2*n_jobs}
     * @return this
     * @throws IllegalArgumentException if it is no such expression; a call whose jobs make it less than 1 is refused as well
     */
    public S preDispatch(String expression) {
        choice = choice.withPreDispatch(PreDispatch.parse(expression));
        return self();
    }

    /**
     * The longest that one task may take, from its start. A task over it is interrupted and fails by a
     * {@link java.util.concurrent.TimeoutException}; if it heeds no interrupt the call does not wait for it, its thread stays busy, and
     * an exception of the call names it. With one job, and below the first level of nesting, the tasks run on a worker thread then, unless
     * the backend {@code sequential} was named: there a call returns when its task does, and only a task that waits is interrupted, since
     * another would hide an interrupt that is the caller's own. Precise to a twentieth of the limit, 1 ms at least.
     *
     * @param limit more than 0
     * @return this
     * @throws IllegalArgumentException if it is 0, negative or above a year
     */
    public S timeLimit(Duration limit) {
        choice = choice.withTimeLimit(Objects.requireNonNull(limit, "limit"));
        return self();
    }

    /**
     * How often a task that fails is tried again before its failure counts. A task may then run more than once.
     *
     * @param times 0 or more
     * @return this
     * @throws IllegalArgumentException if it is negative
     */
    public S retries(int times) {
        choice = choice.withRetries(times);
        return self();
    }

    /**
     * A large value that tasks refer to, to be sent to each worker once and used there by reference: an array, a table, a model. The code that
     * makes the calls needs no change: wherever the function, an input or a result refers to this very object, at whatever depth, a reference
     * is sent in its place. An equal object is another one. Where workers share the caller's memory there is nothing to do.
     *
     * <p>Said in a configuration, it is sent to a worker at most once for all calls inside, also those that tasks in this process make, and
     * freed, in the workers too, when the scope is closed and no call that began inside runs any more. Said of a call, it is for that call alone. Calls under
     * what was captured in a scope that is closed meanwhile send it with their tasks, as if it had not been said.
     *
     * <p>The object must be serialisable, as what tasks refer to anyway; what it refers to goes with it, another scattered object too. It must not change while it is scattered: a worker that has its copy
     * does not see the change; and as all tasks of a worker share that copy, no task may change it. An object whose class serialises another
     * one in its place by {@code writeReplace}, such as what {@link java.util.List#of()} gives, is found where a lambda captures it, or where
     * it is an input, a result or an element of an {@code Object[]}; within other objects it is sent with them.
     *
     * @param value the object; one that is scattered already, here or further out, is not sent again
     * @return this
     */
    public S scatter(Object value) {
        choice = choice.withScattered(value);
        return self();
    }

    /**
     * As {@link #scatter(Object)}, for two objects. These methods take no array of objects, as a matrix in rows is one.
     *
     * @param first an object
     * @param second another one
     * @return this
     */
    public S scatter(Object first, Object second) {
        return scatter(first).scatter(second);
    }

    /**
     * As {@link #scatter(Object)}, for three objects; for more, call it again.
     *
     * @param first an object
     * @param second another one
     * @param third another one
     * @return this
     */
    public S scatter(Object first, Object second, Object third) {
        return scatter(first, second).scatter(third);
    }

    /**
     * Who is told how calls get on, besides those who are said further out.
     *
     * @param listener is told
     * @return this
     */
    public S listener(ParallelListener listener) {
        choice = choice.withObserver(new ListenerTelling(Objects.requireNonNull(listener, "listener")));
        return self();
    }

    /**
     * What is shown on the standard error output: 0 nothing, 1 a progress bar (a few plain lines where that is no terminal), 2 and above
     * also how a call runs and each task that fails.
     *
     * @param level 0 or more
     * @return this
     * @throws IllegalArgumentException if it is negative
     */
    public S verbosity(int level) {
        ProgressLog.ofVerbosity(level).ifPresent(this::listener);
        return self();
    }
}
