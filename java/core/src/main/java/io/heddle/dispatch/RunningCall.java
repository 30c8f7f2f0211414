package io.heddle.dispatch;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.Work;
import io.heddle.event.Events;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/*
 * What calls of every kind have in common: workers come in and go, the first failure stops the call, tasks are tried again, limited in time
 * and watched. Where tasks come from and where results go is for the subclasses. What happens for each task costs nothing unless it was asked
 * for: a task is "watched" only where there is a time limit, or failures are collected or tried again.
 */
/** A call while it runs. Thread-safe. */
abstract class RunningCall implements Work, CallView {
    static final long SHORT_RANGE_NANOS = 10_000;
    /** How long a stopped call waits for running tasks to heed the interrupt. */
    static final Duration STOP_GRACE = Duration.ofSeconds(1);

    private static final AtomicLong CALLS = new AtomicLong();

    final Plan plan;
    final int jobs;
    final boolean watched;

    private final long number = CALLS.incrementAndGet();
    private final long begin = System.nanoTime();
    private final Context context;
    private final Scattering scattering;
    private final boolean onCaller;
    private final Budget.Share share;
    private final int retries;
    private final boolean collects;
    private final long timeLimitNanos; // 0 for none
    private final @Nullable Slot[] slots;
    private final long[] running; // for the slots
    private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
    private final CallEnd callEnd = new CallEnd();
    private final Attendance attendance;
    private final AtomicLong failed = new AtomicLong();
    private final Map<Long, Integer> tries = new ConcurrentHashMap<>();
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final AtomicBoolean shareIsHeld = new AtomicBoolean(); // by the call itself, where tasks run elsewhere
    private final Announcements announcements;
    private volatile boolean stopped;
    private volatile @Nullable Execution execution;
    private volatile @Nullable Thread starter; // while the backend starts, which may run tasks there and then
    private volatile Events.@Nullable Call event;

    private record Failure(long task, @Nullable Throwable cause) {
        boolean isCancellation() {
            return task == CallFailure.CANCELLED;
        }
    }

    RunningCall(Plan plan, int jobs, Context context, boolean onCaller, boolean collects) {
        this.plan = plan;
        this.jobs = jobs;
        this.context = context;
        this.scattering = Scattering.begin(plan.choice());
        this.onCaller = onCaller;
        this.collects = collects;
        Choice choice = plan.choice();
        this.share = share(plan, jobs, context, onCaller);
        this.retries = choice.retries();
        this.timeLimitNanos =
                choice.timeLimit() == null ? 0 : choice.timeLimit().toNanos();
        this.watched = collects || retries > 0 || timeLimitNanos > 0;
        this.slots = new @Nullable Slot[jobs];
        this.running = Slot.running(jobs);
        this.attendance = new Attendance(jobs);
        this.announcements = new Announcements(this, choice.observers(), begin);
    }

    private static Budget.Share share(Plan plan, int jobs, Context context, boolean onCaller) {
        if (plan.elsewhere()) {
            return Budget.elsewhere(plan.cpus(), jobs);
        }
        Integer inner = plan.inner().said();
        int wanted = inner == null ? 0 : (int) Math.min((long) inner * jobs, Integer.MAX_VALUE);
        boolean insideATask = onCaller && context.task() != null; // whose worker is at work already
        return plan.inner().held() && !insideATask
                ? context.budget().share(plan.cpus(), jobs, plan.fixed() || onCaller, wanted)
                : context.budget().idleShare(plan.cpus(), jobs);
    }

    // what a kind of call is

    /** Takes and runs tasks until none is left, or until {@link #mustPause} says so; then true. */
    abstract boolean work(Slot slot, WorkerSession session);

    /** Whether every task is done. */
    abstract boolean isComplete();

    /** Keeps what became of a task that runs in this process and was watched. */
    abstract void keep(Slot slot, long task, @Nullable Object result);

    /** What became of a task was kept while its worker is still in it. */
    void keptBeforeItsEnd(long task) {}

    /** A task that runs elsewhere failed and is to be given out again. */
    abstract void giveOutAgain(long task);

    /** The input of a task, for messages; null where its index says it all. */
    abstract @Nullable Object input(long task);

    /** No more tasks will be run by the consumer of the results, where it is the consumer who does. */
    void endStepwise() {}

    /** The call was stopped: wakes whoever waits for tasks or results. */
    void wake() {}

    // how it is started

    CallSettings settings() {
        Integer said = plan.inner().said();
        Integer most = plan.inner().most();
        Integer batch = plan.choice().batchSize();
        return new CallSettings(
                jobs,
                said == null ? OptionalInt.empty() : OptionalInt.of(said),
                most == null ? OptionalInt.empty() : OptionalInt.of(most),
                share.cpus(),
                batch == null ? OptionalInt.empty() : OptionalInt.of(batch),
                Optional.ofNullable(plan.choice().timeLimit()),
                context.level(),
                Optional.ofNullable(plan.choice().constraint()),
                scattering.values());
    }

    void start() {
        Backend backend = plan.backend();
        tellStarted();
        if (!backend.sharesMemory()) {
            share.enterAnyway();
            shareIsHeld.set(true);
        }
        starter = Thread.currentThread();
        try {
            execution = backend.start(this, settings());
        } catch (RuntimeException | Error e) {
            failCall(e);
            end();
        } finally {
            starter = null;
        }
        if (stopped) {
            cancelExecution();
        }
    }

    /** A call without tasks needs no worker; it is told of as any other. */
    void runNothing() {
        tellStarted();
        end();
        tellEnded();
    }

    // workers

    @Override
    public final void runHere(int worker) {
        boolean again = true;
        while (again && share.enter(this::isOver)) {
            boolean in = attendance.enter(); // else the call is over, and nobody waits for this worker
            try {
                again = in && runInside(worker);
            } finally {
                share.exit();
                if (in) {
                    leave();
                }
            }
        }
        goAway();
    }

    /** A worker takes no more tasks. The last one is missed where others are held by tasks that do not stop. */
    private void goAway() {
        if (attendance.lastOneGoes() && !isComplete()) {
            failCall(
                    new IllegalStateException(
                            "Every worker is held by a task that is over its time limit of "
                                    + Duration.ofNanos(timeLimitNanos) + " and heeds no interrupt (" + runningTasks()
                                    + "): make the tasks answer interrupts or TaskContext.isCancelled(), or run them in worker processes"));
        }
    }

    @Override
    public final boolean isOver() {
        return stopped || attendance.isClosed();
    }

    /** Counts a worker out, its limit undone; the last one of a finished call ends the wait for those that never came in. */
    private void leave() {
        if (attendance.leave() && isComplete() && attendance.closeIfEmpty()) {
            settle();
        }
    }

    private void settle() {
        callEnd.settle();
        Budget.changed();
        wake();
    }

    private boolean runInside(int worker) {
        Slot slot = slot(worker);
        int cpus = share.ofWorker(worker);
        Events.Worker event = Events.workerBegins(
                number, worker, plan.inner().held() ? plan.inner().maxNumThreads(cpus) : 0);
        long before = slot.done;
        try (WorkerSession session = WorkerSession.open(slot.context, plan.inner(), cpus)) {
            tellProgress(System.nanoTime());
            return work(slot, session);
        } catch (Throwable e) { // a checked one too, thrown sneakily: no worker ends in silence
            failCall(e);
            return false;
        } finally {
            event.ended(slot.done - before);
        }
    }

    private Slot slot(int worker) {
        Slot slot = slots[worker];
        if (slot == null) {
            slot = new Slot(this, worker, running);
            slots[worker] = slot;
        }
        slot.occupy();
        return slot;
    }

    /** What holds for the tasks of a worker. */
    final Context contextOf(Slot slot) {
        Budget place = share.place(slot.worker);
        return onCaller
                ? context.onCaller(scattering.choice(), place, slot)
                : Context.ofWorker(scattering.choice().inherited(), context.level() + 1, place, slot);
    }

    /** To be called before each range: what was loaded since comes under the limit, which follows the worker's share. */
    final void refresh(Slot slot, WorkerSession session) {
        session.refresh(share.ofWorker(slot.worker));
    }

    final boolean mustPause() {
        return share.isOverdrawn();
    }

    /** A worker waits for something that is not a CPU: its share is others' meanwhile. */
    final void idle() {
        share.exit();
    }

    /** It goes on, if the call does. */
    final void busyAgain() {
        if (!share.enter(this::isOver)) {
            share.enterAnyway(); // it leaves for good next
        }
    }

    /** The same for a worker that others would wait for. */
    final void busyAnyway() {
        share.enterAnyway();
    }

    /** Whether the current thread, which runs tasks, is the one that made the call or asks for its results. */
    final boolean isCaller() {
        return onCaller || Thread.currentThread() == starter;
    }

    /** Whether the task that made the call is cancelled. */
    final boolean isCancelledAround() {
        RunningTask around = context.task();
        return around != null && around.isCancelled();
    }

    /** An interrupt of the calling thread is for the call; a worker's own, left behind by a task, is not for the next task. */
    final boolean heedInterrupt() {
        if (isCaller()) {
            interrupt();
        } else if (!stopped) {
            Thread.interrupted();
        }
        return stopped;
    }

    /** On the calling thread an interrupted task is an interrupted call. */
    final void failHere(long task, Throwable cause) {
        if (isInterruptOfCaller(cause)) {
            Thread.currentThread().interrupt();
            stop(new Failure(CallFailure.CANCELLED, cause));
        } else {
            stopFor(task, cause);
        }
    }

    /** An InterruptedException is taken for one: whoever throws it has cleared the flag that would tell. */
    private boolean isInterruptOfCaller(Throwable cause) {
        return isCaller()
                && (cause instanceof InterruptedException
                        || Thread.currentThread().isInterrupted()
                        || isCancelledAround());
    }

    /** Runs a task that the flight recorder wants to see. */
    final @Nullable Object runRecorded(Slot slot, long task, Body body) throws Exception {
        Events.Task event = Events.taskBegins(number, slot.worker, task);
        boolean failed = true;
        try {
            Object result = body.run();
            failed = false;
            return result;
        } finally {
            event.ended(failed);
        }
    }

    // watched tasks

    /** What is run. */
    interface Body {
        @Nullable
        Object run() throws Exception;
    }

    /** Runs a task as often as it may be tried, in its time, and keeps what became of it. */
    final void runWatched(Slot slot, long task, Body body) {
        while (!stopped) {
            if (Thread.currentThread().isInterrupted() && heedInterrupt()) {
                return;
            }
            Object result = null;
            Throwable thrown = null;
            slot.beginWatched(task);
            Events.Task event = Events.taskBegins(number, slot.worker, task);
            try {
                result = body.run();
            } catch (Throwable e) { // whatever a task throws belongs to the caller
                thrown = e;
            }
            event.ended(thrown != null);
            if (slot.endWatched()) {
                if (slot.isReported()) {
                    return;
                }
                thrown = timeOver(thrown);
            }
            if (thrown == null) {
                forgetTries(task);
                keep(slot, task, result);
                return;
            }
            if (isInterruptOfCaller(thrown)) {
                failHere(task, thrown);
                return;
            }
            if (!mayTryAgain(task, thrown)) {
                failForGood(slot, task, thrown);
                return;
            }
        }
    }

    /** Nothing is kept of a task that is done. */
    final void forgetTries(long task) {
        if (retries > 0) {
            tries.remove(task);
        }
    }

    private boolean mayTryAgain(long task, Throwable cause) {
        boolean again = retries > 0 && !stopped && tries.merge(task, 1, Integer::sum) <= retries;
        if (again) {
            announcements.failed(task, cause, true);
        }
        return again;
    }

    final boolean mayBeTriedAgain(long task) {
        return retries > 0 && tries.getOrDefault(task, 0) < retries;
    }

    private void failForGood(Slot slot, long task, Throwable cause) {
        forgetTries(task);
        if (collects) {
            countFailure(task, cause);
            keep(slot, task, new Failed(cause));
        } else {
            stopFor(task, cause);
        }
    }

    /** In the place of a result, where failures are collected. */
    record Failed(Throwable cause) {}

    private TimeoutException timeOver(@Nullable Throwable thrown) {
        TimeoutException timeout = new TimeoutException("The task took longer than its time limit of "
                + Duration.ofNanos(timeLimitNanos)
                + (thrown == null ? "" : " and threw " + thrown.getClass().getName()));
        if (thrown != null) {
            timeout.addSuppressed(thrown);
        }
        return timeout;
    }

    final long timeLimitNanos() {
        return timeLimitNanos;
    }

    /** Looks after the workers' tasks; called every now and then by {@link TimeLimits}. Returns false when the call is over. */
    final boolean watchTimes() {
        boolean mayStillWait = onCaller && attendance.inside() > 0; // in a task that nobody else interrupts
        if (isEnded() || (isOver() && !mayStillWait)) {
            return false;
        }
        long now = System.nanoTime();
        for (Slot slot : slots) {
            if (slot != null) {
                slot.watchTime(now);
            }
        }
        return true;
    }

    /** A task whose time is over fails for good while its worker is still in it. */
    final void failLate(Slot slot, long task) {
        failForGood(slot, task, timeOver(null));
        keptBeforeItsEnd(task);
    }

    /** A worker's task heeds no interrupt: the call goes on, or ends, without that worker. */
    final void abandonWorker() {
        attendance.abandon();
        share.exit();
        leave();
        goAway();
    }

    /** The task of an abandoned worker has ended after all. */
    final void comeBack() {
        attendance.comeBack();
        share.enterAnyway();
    }

    // tasks elsewhere

    /** A task that ran elsewhere failed: true if nothing is left to do. */
    final boolean retriesElsewhere(long task, Throwable cause) {
        if (mayTryAgain(task, cause)) {
            giveOutAgain(task);
            return true;
        }
        forgetTries(task);
        return false;
    }

    @Override
    public final boolean survivesFailures() {
        return collects || retries > 0;
    }

    final boolean collectsFailures() {
        return collects;
    }

    final void countFailure(long task, Throwable cause) {
        failed.incrementAndGet();
        announcements.failed(task, cause, false);
    }

    /** Refuses what a backend delivers for a task that it was not given. */
    static void checkTaken(long task, long taken) {
        if (task < 0 || task >= taken) {
            throw new IllegalArgumentException(
                    "index = " + task + " is no task that this work has given out: deliver only what take(int) gave");
        }
    }

    // the end

    final void stopFor(long task, Throwable cause) {
        stop(new Failure(task, cause));
    }

    @Override
    public final void failCall(Throwable cause) {
        stop(new Failure(CallFailure.NO_TASK, cause));
    }

    /** The producer of the tasks threw. */
    final void failProducer(Throwable cause) {
        stop(new Failure(CallFailure.PRODUCER, cause));
    }

    /** Stops the call because its thread was interrupted, or its results are not wanted any more. */
    final void interrupt() {
        stop(new Failure(CallFailure.CANCELLED, null));
    }

    private void stop(Failure first) {
        boolean isFirst = failure.compareAndSet(null, first);
        stopped = true;
        Throwable cause = first.cause();
        if (isFirst && cause != null && first.task() >= 0) {
            countFailure(first.task(), cause); // before the call can end
        }
        settle();
    }

    @Override
    public final boolean isStopped() {
        return stopped;
    }

    @Override
    public void end() {
        if (shareIsHeld.compareAndSet(true, false)) {
            share.exit();
        }
        scattering.end();
        callEnd.end();
        settle();
    }

    final boolean isEnded() {
        return callEnd.isEnded();
    }

    /** Interrupts running tasks, or whatever the backend can do to them. */
    final void cancelExecution() {
        Execution running = execution;
        if (running != null && cancelled.compareAndSet(false, true)) {
            running.cancel();
        }
    }

    /** Waits until the work is stopped, or done with every worker that came in gone; an interrupt of the calling thread stops it. */
    final void awaitSettled() {
        try {
            callEnd.awaitSettled();
        } catch (InterruptedException e) {
            interrupt();
            Thread.currentThread().interrupt();
        }
    }

    /** Waits, whatever interrupts come, until the workers of a call that is done have left. */
    final void awaitLeft() {
        callEnd.awaitSettledUninterruptibly();
    }

    /** Cancels what still runs of a stopped call and waits for it as long as it may take to heed that. */
    final void cancelAndAwait() {
        cancelExecution();
        if (!attendance.isGivenUp()) {
            callEnd.awaitEnded(STOP_GRACE);
        }
    }

    /**
     * Refuses a call that failed or was cancelled, once it has settled.
     *
     * @throws CallFailure if so
     */
    final void checkDone() throws CallFailure {
        Failure first = failure.get();
        if (first != null) {
            throw new CallFailure(
                    first.task(),
                    first.cause(),
                    first.task() >= 0 ? input(first.task()) : null,
                    total(),
                    stillRunning());
        }
        if (!isComplete()) {
            throw new CallFailure(
                    CallFailure.NO_TASK,
                    new IllegalStateException("the backend ended the call with " + completed()
                            + (total().isPresent() ? " of " + total().getAsLong() : "")
                            + " tasks done and no failure: this is a defect of the backend"),
                    null,
                    total(),
                    "");
        }
    }

    private String stillRunning() {
        if (isEnded()) {
            return "";
        }
        String tasks = runningTasks();
        return tasks.isEmpty()
                ? "workers of this call have not ended yet"
                : "still running, since no interrupt stopped them: " + tasks;
    }

    private String runningTasks() {
        StringJoiner indices = new StringJoiner(", ", "task ", "").setEmptyValue("");
        for (Slot slot : slots) {
            if (slot != null && slot.index() >= 0) {
                indices.add(Long.toString(slot.index()));
            }
        }
        return indices.toString();
    }

    // observers

    final void tellStarted() {
        event = Events.callBegins(number, backend(), jobs, innerMaxNumThreads(), nestingLevel(), plan.cpus());
        announcements.started();
    }

    /** After a range of tasks; seldom enough to cost nothing beside it. */
    final void tellProgress(long now) {
        announcements.progressed(now);
    }

    /** The last word. */
    final void tellEnded() {
        Events.Call recorded = event;
        if (recorded != null) {
            recorded.ended(total(), completed(), failed(), state());
        }
        announcements.ended();
    }

    // what observers see

    @Override
    public final long number() {
        return number;
    }

    @Override
    public final String backend() {
        return plan.backend().name();
    }

    @Override
    public final int jobs() {
        return jobs;
    }

    @Override
    public final int innerMaxNumThreads() {
        return plan.inner().held() ? plan.inner().maxNumThreads(share.ofWorker(0)) : 0;
    }

    @Override
    public final int nestingLevel() {
        return context.level();
    }

    @Override
    public final long failed() {
        return failed.get();
    }

    @Override
    public final int workersBusy() {
        return attendance.inside();
    }

    @Override
    public final long elapsedNanos() {
        return System.nanoTime() - begin;
    }

    @Override
    public final State state() {
        Failure first = failure.get();
        if (first != null) {
            return first.isCancellation() ? State.CANCELLED : State.FAILED;
        }
        return callEnd.isSettled() && isComplete() ? State.DONE : State.RUNNING;
    }
}
