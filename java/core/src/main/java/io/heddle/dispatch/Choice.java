package io.heddle.dispatch;

import io.heddle.backend.Backend;
import io.heddle.backend.Constraint;
import io.heddle.backend.Hint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a call or a configuration says of how to run; null is "not said". Immutable once it is handed out. */
public final class Choice {
    /** The most jobs that can be asked for: as many threads as Linux lets a process have by default. */
    public static final int MOST_JOBS = 1 << 15;

    /** Nothing said. */
    public static final Choice NONE = new Choice();

    private static final Duration LONGEST_LIMIT = Duration.ofDays(365);

    private @Nullable Backend backend;
    private @Nullable Integer jobs;
    private @Nullable Integer innerMaxNumThreads;
    private @Nullable Integer mostInnerThreads; // said further out, for the workers of a call
    private @Nullable Hint hint;
    private @Nullable Constraint constraint;
    private @Nullable Integer batchSize;
    private @Nullable PreDispatch preDispatch;
    private @Nullable Duration timeLimit;
    private @Nullable Integer retries;
    private List<CallObserver> observers = List.of();
    private List<Object> toScatter = List.of(); // said, and scattered when a scope or a call begins
    private List<ScatteredValue> scattered = List.of(); // by the scopes and the call around
    private boolean silent;

    private Choice() {}

    private Choice(Choice of) {
        backend = of.backend;
        jobs = of.jobs;
        innerMaxNumThreads = of.innerMaxNumThreads;
        mostInnerThreads = of.mostInnerThreads;
        hint = of.hint;
        constraint = of.constraint;
        batchSize = of.batchSize;
        preDispatch = of.preDispatch;
        timeLimit = of.timeLimit;
        retries = of.retries;
        observers = of.observers;
        toScatter = of.toScatter;
        scattered = of.scattered;
        silent = of.silent;
    }

    /**
     * This choice, and another's where this one says nothing; the observers and the scattered values of both.
     *
     * @param outer the other
     * @return both
     * @throws IllegalArgumentException if they say different constraints: both bind
     */
    public Choice or(Choice outer) {
        if (this == NONE || outer == NONE) {
            return this == NONE ? outer : this;
        }
        if (constraint != null && outer.constraint != null && constraint != outer.constraint) {
            throw new IllegalArgumentException("require(" + constraint + ") was said inside require(" + outer.constraint
                    + "), which binds whatever runs inside it: leave out one of the two");
        }
        Choice both = new Choice(this);
        both.backend = first(backend, outer.backend);
        both.jobs = first(jobs, outer.jobs);
        both.innerMaxNumThreads = first(innerMaxNumThreads, outer.innerMaxNumThreads);
        both.mostInnerThreads = first(mostInnerThreads, outer.mostInnerThreads);
        both.hint = first(hint, outer.hint);
        both.constraint = first(constraint, outer.constraint);
        both.batchSize = first(batchSize, outer.batchSize);
        both.preDispatch = first(preDispatch, outer.preDispatch);
        both.timeLimit = first(timeLimit, outer.timeLimit);
        both.retries = first(retries, outer.retries);
        if (!outer.observers.isEmpty()) {
            List<CallObserver> all = new ArrayList<>(outer.observers);
            all.addAll(observers);
            both.observers = List.copyOf(all);
        }
        both.toScatter = joined(outer.toScatter, toScatter);
        both.scattered = joined(outer.scattered, scattered);
        both.silent = silent || outer.silent;
        return both;
    }

    private static <V> @Nullable V first(@Nullable V inner, @Nullable V outer) {
        return inner != null ? inner : outer;
    }

    private static <V> List<V> joined(List<V> outer, List<V> inner) {
        if (outer.isEmpty() || inner.isEmpty()) {
            return outer.isEmpty() ? inner : outer;
        }
        List<V> all = new ArrayList<>(outer);
        all.addAll(inner);
        return List.copyOf(all);
    }

    /** What reaches the calls that a worker's tasks make: what binds them, not what was meant for the call itself. */
    Choice inherited() {
        Choice kept = new Choice();
        kept.mostInnerThreads = first(innerMaxNumThreads, mostInnerThreads);
        kept.constraint = constraint;
        kept.observers = observers;
        kept.scattered = scattered;
        kept.silent = silent;
        boolean empty = kept.mostInnerThreads == null
                && kept.constraint == null
                && kept.observers.isEmpty()
                && kept.scattered.isEmpty()
                && !silent;
        return empty ? NONE : kept;
    }

    /** What reaches the calls made by tasks that run on the calling thread: what was said around the call, bound by what the call says. */
    Choice inheritedOnCaller(Choice around) {
        if (this == around) {
            return around;
        }
        Choice kept = new Choice(around);
        kept.constraint = constraint;
        kept.observers = observers;
        kept.scattered = scattered;
        if (!Objects.equals(innerMaxNumThreads, around.innerMaxNumThreads)) {
            kept.innerMaxNumThreads = null;
            kept.mostInnerThreads = innerMaxNumThreads;
        }
        return kept;
    }

    /** The same without anybody who is told of calls, those that are said further in included. */
    Choice silent() {
        Choice made = new Choice(this);
        made.silent = true;
        return made;
    }

    /** The same as an object of its own. */
    Choice copy() {
        return new Choice(this);
    }

    /** The same with these values scattered, and none to be scattered any more. */
    Choice scattering(List<ScatteredValue> values) {
        Choice made = new Choice(this);
        made.toScatter = List.of();
        made.scattered = values;
        return made;
    }

    /** The choice of a worker in another process. */
    static Choice ofWorker(@Nullable Integer mostInnerThreads, @Nullable Constraint constraint) {
        Choice made = new Choice();
        made.constraint = constraint;
        made.mostInnerThreads = mostInnerThreads;
        return made;
    }

    /**
     * The same with other jobs.
     *
     * @param value the jobs: 1 and more, or -1 for all, -2 for all but one, and so on
     * @return a new choice
     * @throws IllegalArgumentException if the value is 0 or above {@link #MOST_JOBS}
     */
    public Choice withJobs(int value) {
        if (value > MOST_JOBS) {
            throw new IllegalArgumentException(
                    "jobs = " + value + " is more than any machine runs: give at most " + MOST_JOBS);
        }
        if (value == 0) {
            throw new IllegalArgumentException(
                    "jobs = 0 has no meaning: give a number of workers from 1, or -1 for all usable CPUs, -2 for"
                            + " all but one, and so on");
        }
        Choice made = new Choice(this);
        made.jobs = value;
        return made;
    }

    /**
     * The same with another inner limit.
     *
     * @param value at least 1
     * @return a new choice
     * @throws IllegalArgumentException if the value is below 1
     */
    public Choice withInnerMaxNumThreads(int value) {
        if (value < 1) {
            throw new IllegalArgumentException(
                    "innerMaxNumThreads = " + value + " is not a number of threads: give 1 or more, or leave it"
                            + " out for max(usable CPUs / effective jobs, 1)");
        }
        Choice made = new Choice(this);
        made.innerMaxNumThreads = value;
        return made;
    }

    /**
     * The same with another backend.
     *
     * @param value the backend
     * @return a new choice
     */
    public Choice withBackend(Backend value) {
        Choice made = new Choice(this);
        made.backend = value;
        return made;
    }

    /**
     * The same with another wish for the kind of backend.
     *
     * @param value the wish
     * @return a new choice
     */
    public Choice withHint(Hint value) {
        Choice made = new Choice(this);
        made.hint = Objects.requireNonNull(value, "hint");
        return made;
    }

    /**
     * The same with something that the backend must have.
     *
     * @param value what it must have
     * @return a new choice
     */
    public Choice withConstraint(Constraint value) {
        Choice made = new Choice(this);
        made.constraint = Objects.requireNonNull(value, "constraint");
        return made;
    }

    /**
     * The same with batches of one size.
     *
     * @param value tasks, at least 1
     * @return a new choice
     * @throws IllegalArgumentException if the value is below 1
     */
    public Choice withBatchSize(int value) {
        if (value < 1) {
            throw new IllegalArgumentException(
                    "batchSize = " + value
                            + " is not a number of tasks: give 1 or more, or leave it out for batches that adapt to what the tasks take");
        }
        Choice made = new Choice(this);
        made.batchSize = value;
        return made;
    }

    /**
     * The same with another number of tasks taken ahead.
     *
     * @param value how many
     * @return a new choice
     */
    public Choice withPreDispatch(PreDispatch value) {
        Choice made = new Choice(this);
        made.preDispatch = value;
        return made;
    }

    /**
     * The same with a time limit for each task.
     *
     * @param value above 0, a year at most
     * @return a new choice
     * @throws IllegalArgumentException if the value is 0, negative or above a year
     */
    public Choice withTimeLimit(Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(LONGEST_LIMIT) > 0) {
            throw new IllegalArgumentException(
                    "timeLimit = " + value
                            + " is no time that a task may take: give more than 0 and at most a year, or leave it out for no limit");
        }
        Choice made = new Choice(this);
        made.timeLimit = value;
        return made;
    }

    /**
     * The same with failed tasks tried again.
     *
     * @param value how often, at least 0
     * @return a new choice
     * @throws IllegalArgumentException if the value is negative
     */
    public Choice withRetries(int value) {
        if (value < 0) {
            throw new IllegalArgumentException(
                    "retries = " + value + " is not a number of tries: give 0 (none, as without it) or more");
        }
        Choice made = new Choice(this);
        made.retries = value;
        return made;
    }

    /**
     * The same with one more observer.
     *
     * @param value who is told of calls
     * @return a new choice
     */
    public Choice withObserver(CallObserver value) {
        List<CallObserver> all = new ArrayList<>(observers);
        all.add(value);
        Choice made = new Choice(this);
        made.observers = List.copyOf(all);
        return made;
    }

    /**
     * The same with one more value to be sent to each worker once.
     *
     * @param value what tasks refer to
     * @return a new choice
     */
    public Choice withScattered(Object value) {
        List<Object> all = new ArrayList<>(toScatter);
        all.add(Objects.requireNonNull(value, "a value to scatter"));
        Choice made = new Choice(this);
        made.toScatter = List.copyOf(all);
        return made;
    }

    @Nullable
    Backend backend() {
        return backend;
    }

    @Nullable
    Integer jobs() {
        return jobs;
    }

    @Nullable
    Integer innerMaxNumThreads() {
        return innerMaxNumThreads;
    }

    @Nullable
    Integer mostInnerThreads() {
        return mostInnerThreads;
    }

    @Nullable
    Hint hint() {
        return hint;
    }

    @Nullable
    Constraint constraint() {
        return constraint;
    }

    @Nullable
    Integer batchSize() {
        return batchSize;
    }

    @Nullable
    PreDispatch preDispatch() {
        return preDispatch;
    }

    @Nullable
    Duration timeLimit() {
        return timeLimit;
    }

    int retries() {
        return retries == null ? 0 : retries;
    }

    List<Object> toScatter() {
        return toScatter;
    }

    List<ScatteredValue> scattered() {
        return scattered;
    }

    List<CallObserver> observers() {
        return silent ? List.of() : observers;
    }

    /**
     * Refuses a backend and a constraint that exclude each other.
     *
     * @throws IllegalArgumentException if they do
     */
    public void checkConstraint() {
        Backend said = backend;
        if (said != null && constraint != null && !Plan.meets(said, constraint)) {
            throw new IllegalArgumentException("The backend '" + said.name() + "' "
                    + (said.sharesMemory() ? "runs tasks in this process" : "does not share the caller's memory")
                    + ", but require(" + constraint + ") was said with it: leave out one of the two");
        }
        if (hint == Hint.PROCESSES && constraint == Constraint.SHARED_MEMORY) {
            throw new IllegalArgumentException("prefer(" + hint + ") and require(" + constraint
                    + ") were said together, but processes share no memory: leave out one of the two");
        }
    }
}
