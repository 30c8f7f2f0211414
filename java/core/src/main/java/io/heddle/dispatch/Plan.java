package io.heddle.dispatch;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendUnavailableException;
import io.heddle.backend.Constraint;
import io.heddle.backend.Hint;
import io.heddle.backend.SequentialBackend;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How a call runs.
 *
 * @param choice what the call and its context say
 * @param backend who runs it
 * @param jobs the effective jobs
 * @param fixed whether the jobs are a number that the user said
 * @param cpus the CPUs of the place where its tasks run
 * @param elsewhere whether that place is another one than where it is made
 * @param inner the inner limit of each worker
 */
record Plan(Choice choice, Backend backend, int jobs, boolean fixed, int cpus, boolean elsewhere, InnerLimit inner) {
    private static final int DEEPEST_THREADS_LEVEL = 1;
    private static final String PROCESSES = "processes";
    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    /**
     * Resolves what a call says, then its context, then the defaults.
     *
     * @throws IllegalArgumentException if an explicit inner limit meets a backend that cannot hold one, or a constraint a backend that does
     *     not meet it
     * @throws IllegalStateException if the backend has no worker, or no CPU
     */
    static Plan of(Choice own, Context context) {
        Choice choice = own.or(context.choice());
        Backend backend = backend(own, choice, context);
        OptionalInt cpusElsewhere = cpusElsewhere(backend);
        int cpus = cpusElsewhere.isPresent()
                ? cpusElsewhere.getAsInt()
                : context.budget().cpus();
        Integer said = choice.jobs();
        int wanted = said == null ? backend.defaultJobs() : said;
        int jobs = backend.effectiveJobs(resolveJobs(wanted, cpus));
        if (jobs < 1) {
            throw new IllegalStateException(
                    "The backend '" + backend.name() + "' has no worker for this call (effective jobs " + jobs
                            + "): start workers, or choose another backend");
        }
        backend = forThisThread(backend, jobs, choice);
        Integer explicit = choice.innerMaxNumThreads();
        if (explicit != null && !backend.holdsInnerLimit()) {
            throw new IllegalArgumentException("innerMaxNumThreads = " + explicit + " cannot be held by the backend '"
                    + backend.name() + "': leave it out, or choose another backend");
        }
        if (choice.timeLimit() != null && !backend.holdsTimeLimit()) {
            throw new IllegalArgumentException("timeLimit = " + choice.timeLimit() + " cannot be held by the backend '"
                    + backend.name() + "': leave it out, or choose another backend");
        }
        InnerLimit inner = new InnerLimit(backend.holdsInnerLimit(), explicit, choice.mostInnerThreads());
        boolean fixed = wanted > 0 || !backend.holdsInnerLimit();
        if (backend.holdsInnerLimit() && cpusElsewhere.isEmpty()) {
            tellOversubscription(said, explicit, jobs, cpus);
        }
        return new Plan(choice, backend, jobs, fixed, cpus, cpusElsewhere.isPresent(), inner);
    }

    private static OptionalInt cpusElsewhere(Backend backend) {
        OptionalInt cpus = backend.sharesMemory() ? OptionalInt.empty() : backend.cpus();
        if (cpus.isPresent() && cpus.getAsInt() < 1) {
            throw new IllegalStateException("The backend '" + backend.name() + "' has no CPU for this call (cpus = "
                    + cpus.getAsInt() + "): start workers, or choose another backend");
        }
        return cpus;
    }

    /**
     * One job runs on the calling thread; but that cannot hold a thread limit where it is virtual, nor be left in time. A time limit is held
     * unless the user named the backend that cannot.
     */
    private static Backend forThisThread(Backend backend, int jobs, Choice choice) {
        if (!backend.sharesMemory() || !backend.holdsInnerLimit()) {
            return backend;
        }
        boolean virtual = Thread.currentThread().isVirtual();
        if (jobs == 1 && !virtual && choice.timeLimit() == null) {
            return SequentialBackend.INSTANCE;
        }
        boolean mustBeLeft = virtual || (choice.timeLimit() != null && choice.backend() == null);
        return backend == SequentialBackend.INSTANCE && mustBeLeft ? threads() : backend;
    }

    private static Backend backend(Choice own, Choice choice, Context context) {
        Backend backend = choice.backend();
        Constraint constraint = choice.constraint();
        if (backend == null) {
            backend = unnamed(choice, context);
        } else if (constraint != null && !meets(backend, constraint)) {
            if (own.backend() != null) {
                throw new IllegalArgumentException("The call names the backend '" + backend.name() + "', but require("
                        + constraint + ") binds it, here or in an open ParallelConfig, and that backend "
                        + (backend.sharesMemory() ? "runs tasks in this process" : "does not share the caller's memory")
                        + ": leave out one of the two");
            }
            backend = constraint == Constraint.SHARED_MEMORY ? threads() : processes();
        }
        return backend;
    }

    private static Backend unnamed(Choice choice, Context context) {
        if (choice.constraint() == Constraint.SEPARATE_PROCESSES) {
            return processes();
        }
        int level = context.level();
        RunningTask task = Context.currentTask();
        if (level > 0 && task instanceof Slot slot) {
            Backend nested = slot.backend().nested(level).orElse(null);
            if (nested != null && (choice.constraint() == null || meets(nested, choice.constraint()))) {
                return nested;
            }
        }
        if (level > DEEPEST_THREADS_LEVEL) {
            return SequentialBackend.INSTANCE;
        }
        if (level == 0 && choice.hint() == Hint.PROCESSES && choice.constraint() == null) {
            try {
                return processes();
            } catch (IllegalArgumentException | BackendUnavailableException e) {
                tellFallback(e);
            }
        }
        return threads();
    }

    static boolean meets(Backend backend, Constraint constraint) {
        return backend.sharesMemory() == (constraint == Constraint.SHARED_MEMORY);
    }

    /** One warning in a process: the user asked for something else, but the tasks run. */
    static void tellFallback(RuntimeException why) {
        if (TOLD.add("fallback")) {
            logger().log(
                            Level.WARNING,
                            "Worker processes cannot be had here; tasks run on threads instead, the inner limit kept. {0}",
                            why.getMessage());
        }
    }

    private static void tellOversubscription(@Nullable Integer jobs, @Nullable Integer inner, int effective, int cpus) {
        long threads = (long) effective * (inner == null ? 1 : inner);
        boolean said = (jobs != null && jobs > 1) || (inner != null && inner > 1);
        if (said && threads > cpus && TOLD.add(effective + "x" + inner + "/" + cpus)) {
            logger().log(
                            Level.WARNING,
                            "{0} jobs{1} on {2} CPUs oversubscribe them: compute-bound tasks lose by it. What was said is done; leave out"
                                    + " jobs or innerMaxNumThreads to stay within the CPUs, or take the backend virtual-threads for tasks that"
                                    + " wait.",
                            effective,
                            inner == null ? "" : " with innerMaxNumThreads = " + inner,
                            cpus);
        }
    }

    /**
     * The number of workers that a number of jobs means.
     *
     * @param jobs not 0; -1 is all CPUs, -2 all but one, and so on
     * @param cpus the CPUs that may be used
     * @return {@code jobs}, or {@code max(cpus + 1 + jobs, 1)} where it is negative (joblib's rule)
     */
    static int resolveJobs(int jobs, int cpus) {
        return jobs > 0 ? jobs : Math.max(cpus + 1 + jobs, 1);
    }

    private static Backend threads() {
        return Backends.named("threads", Map.of());
    }

    private static Backend processes() {
        return Backends.named(PROCESSES, Map.of());
    }

    /** Looked up where something is to be said: it looks through the class path, which costs a new program milliseconds. */
    private static System.Logger logger() {
        return System.getLogger("io.heddle");
    }
}
