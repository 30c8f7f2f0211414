package io.heddle.dispatch;

import io.heddle.backend.SequentialBackend;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Runs calls: resolves how, starts the backend, waits, and gives the results. Thread-safe. */
public final class Dispatcher {
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
    @SuppressWarnings("unchecked") // each slot holds what the task of that index returned
    public static <R extends @Nullable Object> List<R> run(Tasks tasks, Choice own) throws CallFailure {
        return (List<R>) Collections.unmodifiableList(Arrays.asList(runIndexed(tasks, own, false)));
    }

    /**
     * Runs every task of a call, whichever fail.
     *
     * @param tasks the tasks
     * @param own what the call itself says
     * @return in the tasks' order what {@link #failureOf} tells apart
     * @throws CallFailure if the backend could not run the call, or the calling thread was interrupted
     */
    public static List<@Nullable Object> runAll(Tasks tasks, Choice own) throws CallFailure {
        return Arrays.asList(runIndexed(tasks, own, true));
    }

    /**
     * Tells the two kinds of what {@link #runAll} gives apart.
     *
     * @param outcome one of those
     * @return what the task threw; null if it is a result
     */
    public static @Nullable Throwable failureOf(@Nullable Object outcome) {
        return outcome instanceof RunningCall.Failed failed ? failed.cause() : null;
    }

    private static @Nullable Object[] runIndexed(Tasks tasks, Choice own, boolean collects) throws CallFailure {
        Context context = Context.current();
        Plan plan = Plan.of(own, context);
        checkNotInterrupted(OptionalLong.of(tasks.size()));
        int jobs = Math.clamp(tasks.size(), 1, plan.jobs());
        IndexedWork work = new IndexedWork(tasks, plan, jobs, context, onCaller(plan), collects);
        if (tasks.size() == 0) {
            work.runNothing();
        } else {
            runToEnd(work);
        }
        return work.results();
    }

    /**
     * Runs the tasks of a producer to their end.
     *
     * @param tasks the tasks
     * @param own what the call itself says
     * @param wanted whether the results are wanted
     * @param <R> the results' type
     * @return the results in the order of the inputs, unmodifiable; none if they are not wanted
     * @throws CallFailure if a task or the producer failed first, the backend could not run the call, or the calling thread was interrupted
     */
    @SuppressWarnings("unchecked") // as above
    public static <R extends @Nullable Object> List<R> run(LazyTasks tasks, Choice own, boolean wanted)
            throws CallFailure {
        Context context = Context.current();
        Plan plan = Plan.of(own, context);
        checkNotInterrupted(tasks.size());
        LazyWork work = new LazyWork(
                tasks, wanted ? LazyWork.Kept.LIST : LazyWork.Kept.NONE, plan, context, onCaller(plan), false);
        runToEnd(work);
        return (List<R>) Collections.unmodifiableList(work.list());
    }

    /**
     * Runs the tasks of a producer one by one, whichever fail; {@link LazyTasks#done} is told of each.
     *
     * @param tasks the tasks
     * @param own what the call itself says
     * @throws CallFailure if the producer failed, the backend could not run the call, or the calling thread was interrupted
     */
    public static void runEach(LazyTasks tasks, Choice own) throws CallFailure {
        Context context = Context.current();
        Plan plan = Plan.of(own.withBatchSize(1), context);
        checkNotInterrupted(tasks.size());
        LazyWork work = new LazyWork(tasks, LazyWork.Kept.NONE, plan, context, onCaller(plan), true);
        runToEnd(work);
        work.list();
    }

    /**
     * Starts a call whose results are consumed while it runs.
     *
     * @param tasks the tasks
     * @param own what the call itself says
     * @param ordered whether the results come in the order of the inputs
     * @return the results
     * @throws CallFailure if the calling thread was interrupted before
     */
    public static Results start(LazyTasks tasks, Choice own, boolean ordered) throws CallFailure {
        Context context = Context.current();
        Plan plan = Plan.of(own, context);
        checkNotInterrupted(tasks.size());
        boolean onCaller = onCaller(plan);
        LazyWork work = new LazyWork(
                tasks, ordered ? LazyWork.Kept.ORDERED : LazyWork.Kept.UNORDERED, plan, context, onCaller, false);
        if (onCaller) {
            watchTimes(work);
            work.tellStarted(); // runs task by task as the results are asked for
        } else {
            start(work);
        }
        return new Results(work);
    }

    private static void checkNotInterrupted(OptionalLong total) throws CallFailure {
        if (Thread.currentThread().isInterrupted()) {
            throw CallFailure.interruptedBefore(total);
        }
    }

    private static boolean onCaller(Plan plan) {
        return plan.backend() == SequentialBackend.INSTANCE;
    }

    private static void start(RunningCall work) {
        watchTimes(work);
        work.start();
    }

    private static void watchTimes(RunningCall work) {
        if (work.timeLimitNanos() > 0) {
            TimeLimits.watch(work);
        }
    }

    private static void runToEnd(RunningCall work) {
        start(work);
        work.awaitSettled();
        finish(work);
    }

    static void finish(RunningCall work) {
        work.endStepwise();
        if (work.isStopped()) {
            work.cancelAndAwait();
        } else {
            work.awaitLeft();
        }
        work.tellEnded();
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
        return Plan.of(own, Context.current()).jobs();
    }

    /**
     * The CPUs that calls of the current thread may use.
     *
     * @return the usable CPUs outside of tasks, a worker's share inside
     */
    public static int cpus() {
        return Context.current().budget().cpus();
    }
}
