package io.heddle.dispatch;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.SequentialBackend;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs calls: resolves how, starts the backend, waits, and gives the results. Thread-safe. */
public final class Dispatcher {
    /** How long a stopped call waits for running tasks to heed the interrupt. */
    private static final Duration STOP_GRACE = Duration.ofSeconds(1);

    private static final int DEEPEST_THREADS_LEVEL = 1;

    private Dispatcher() {}

    /**
     * Runs a call to its end.
     *
     * @param tasks the tasks
     * @param own what the call itself says
     * @param <R> the results' type
     * @return the results in the tasks' order, unmodifiable
     * @throws CallFailure if a task failed first, the backend could not run the call, or the calling thread was interrupted
     */
    public static <R extends @Nullable Object> List<R> run(Tasks tasks, Choice own) throws CallFailure {
        Context context = Context.current();
        Plan plan = plan(own, context);
        if (tasks.size() == 0) {
            return List.of();
        }
        if (Thread.currentThread().isInterrupted()) {
            throw CallFailure.interruptedBefore();
        }
        Backend backend = plan.backend();
        int jobs = Math.min(plan.jobs(), tasks.size());
        boolean onCaller = backend == SequentialBackend.INSTANCE;
        Context inside = onCaller
                ? context.withShare(plan.cpusPerWorker())
                : Context.ofWorker(context.level() + 1, plan.cpusPerWorker());
        IndexedWork work = new IndexedWork(tasks, jobs, inside, plan.inner());
        Execution execution = start(backend, work, settings(plan, jobs, context.level()));
        work.awaitSettled();
        if (work.isStopped()) {
            execution.cancel();
            work.awaitEnded(STOP_GRACE);
        }
        @SuppressWarnings("unchecked") // each slot holds what the task of that index returned
        List<R> results = (List<R>) Collections.unmodifiableList(Arrays.asList(work.results()));
        return results;
    }

    private static CallSettings settings(Plan plan, int jobs, int level) {
        return new CallSettings(
                jobs, plan.inner().maxNumThreads(), plan.inner().explicit(), plan.cpusPerWorker(), level);
    }

    private static Execution start(Backend backend, IndexedWork work, CallSettings settings) {
        try {
            return backend.start(work, settings);
        } catch (RuntimeException | Error e) {
            work.failCall(e);
            work.end();
            return () -> {};
        }
    }

    /**
     * The workers that a call made here and now could have.
     *
     * @param own what the call itself says
     * @return the effective jobs, at least 1
     * @throws IllegalArgumentException if an explicit inner limit meets a backend that cannot hold one
     * @throws IllegalStateException if the backend has no worker
     */
    public static int effectiveJobs(Choice own) {
        return plan(own, Context.current()).jobs();
    }

    private static Plan plan(Choice own, Context context) {
        Choice choice = own.or(context.choice());
        Backend backend = choice.backend();
        if (backend == null) {
            backend = context.level() <= DEEPEST_THREADS_LEVEL ? threads() : SequentialBackend.INSTANCE;
        }
        int cpus = context.cpus();
        Integer said = choice.jobs();
        int jobs = backend.effectiveJobs(resolveJobs(said == null ? -1 : said, cpus));
        if (jobs < 1) {
            throw new IllegalStateException(
                    "The backend '" + backend.name() + "' has no worker for this call (effective jobs " + jobs
                            + "): start workers, or choose another backend");
        }
        if (backend.sharesMemory()) {
            // A virtual thread cannot hold a thread limit: its one worker is a platform thread.
            boolean virtual = Thread.currentThread().isVirtual();
            if (jobs == 1 && !virtual) {
                backend = SequentialBackend.INSTANCE;
            } else if (backend == SequentialBackend.INSTANCE && virtual) {
                backend = threads();
            }
        }
        Integer inner = choice.innerMaxNumThreads();
        if (inner != null && !backend.holdsInnerLimit()) {
            throw new IllegalArgumentException("innerMaxNumThreads = " + inner + " cannot be held by the backend '"
                    + backend.name() + "': leave it out, or choose another backend");
        }
        int each = Math.max(cpus / jobs, 1);
        return new Plan(backend, jobs, each, inner != null ? new InnerLimit(inner, true) : new InnerLimit(each, false));
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

    /**
     * The CPUs that calls of the current thread may use.
     *
     * @return the usable CPUs outside of tasks, a worker's share inside
     */
    public static int cpus() {
        return Context.current().cpus();
    }

    /**
     * How a call runs.
     *
     * @param backend who runs it
     * @param jobs the effective jobs
     * @param cpusPerWorker the CPUs that each worker's tasks may share out
     * @param inner the inner limit of each worker
     */
    private record Plan(Backend backend, int jobs, int cpusPerWorker, InnerLimit inner) {}
}
