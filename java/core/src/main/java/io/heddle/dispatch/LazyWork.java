package io.heddle.dispatch;

import io.heddle.backend.SharedFunction;
import io.heddle.backend.TaskRange;
import io.heddle.event.Events;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/*
 * Workers take batches of inputs from the producer, one worker at a time. A batch doubles and halves by what taking and running it took, as
 * ranges of IndexedWork do, so that the lock is little beside the tasks (row dispatch.lazy.noop); one is cut short where the producer is
 * slow. No task waits for a straggler in front of it in its batch: a worker that has nothing to take goes on with an open batch. Nor
 * does a result: results are consumed by the batch, but after a short while also one by one. Where they are consumed, what was taken and
 * not yet consumed is bounded: in batches by default, in tasks where the user said how many. A worker that waits for that gives its CPU
 * back.
 */
/** A call's tasks as a producer gives them. */
final class LazyWork extends RunningCall {
    private static final int LONGEST_BATCH = 1 << 10;
    private static final int BATCHES_AHEAD_PER_JOB = 2; // joblib's pre_dispatch
    private static final long SHORTEST_WAIT_NANOS = TimeUnit.MICROSECONDS.toNanos(200); // for a whole batch
    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** What becomes of the results. */
    enum Kept {
        /** All of them are a list in the end. */
        LIST,
        /** None. */
        NONE,
        /** They are consumed in the order of the inputs. */
        ORDERED,
        /** They are consumed as they come. */
        UNORDERED
    }

    private final LazyTasks tasks;
    private final Iterator<?> producer; // guarded by producing
    private final Kept kept;
    private final int batchSize; // 0 for batches that adapt
    private final int ownBatchSize; // the same, for tasks that run here
    private final long tasksAhead; // 0 for a bound in batches
    private final boolean stepwise;

    private final ReentrantLock producing = new ReentrantLock();
    private final ReentrantLock lock =
            new ReentrantLock(); // guards what follows; never held while the producer is asked
    private final Condition room = lock.newCondition();
    private final Condition ready = lock.newCondition();
    private final TreeMap<Long, Batch> open = new TreeMap<>();
    private final ResultQueue results;
    private final List<Batch> list = new ArrayList<>();
    private long ahead; // tasks
    private int batchesAhead;
    private volatile boolean exhausted;
    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong completed = new AtomicLong();

    private final Queue<Long> again = new ConcurrentLinkedQueue<>();

    LazyWork(LazyTasks tasks, Kept kept, Plan plan, Context context, boolean onCaller, boolean collects) {
        super(plan, jobs(plan, tasks), context, onCaller, collects);
        this.tasks = tasks;
        this.producer = tasks.inputs();
        this.kept = kept;
        Integer said = plan.choice().batchSize();
        PreDispatch preDispatch = plan.choice().preDispatch();
        this.tasksAhead = preDispatch == null ? 0 : preDispatch.tasks(jobs);
        this.batchSize = said == null ? 0 : (int) (tasksAhead > 0 ? Math.min(said, tasksAhead) : said);
        this.ownBatchSize = timeLimitNanos() > 0 ? 1 : batchSize; // what a stuck task's worker had taken would be lost
        this.stepwise = onCaller && isConsumed();
        this.results = new ResultQueue(kept == Kept.ORDERED, open.values());
    }

    private static int jobs(Plan plan, LazyTasks tasks) {
        return (int) Math.clamp(tasks.size().orElse(Long.MAX_VALUE), 1L, plan.jobs());
    }

    private boolean isConsumed() {
        return kept == Kept.ORDERED || kept == Kept.UNORDERED;
    }

    @Override
    public OptionalLong size() {
        return total();
    }

    @Override
    public OptionalLong total() {
        return exhausted ? OptionalLong.of(taken.get()) : tasks.size();
    }

    @Override
    public long completed() {
        return completed.get();
    }

    @Override
    boolean isComplete() {
        return exhausted && completed.get() == taken.get(); // once exhausted, nothing more is taken
    }

    // workers of this process

    @Override
    boolean work(Slot slot, WorkerSession session) {
        int range = ownBatchSize > 0 ? ownBatchSize : 1;
        while (!isStopped()) {
            if (mustPause()) {
                return true;
            }
            long begin = System.nanoTime();
            Batch batch = take(stepwise ? 1 : range, !stepwise);
            if (batch == null) {
                return false;
            }
            refresh(slot, session);
            Events.Batch event = Events.batchBegins(number(), slot.worker, batch.from, batch.from + batch.size());
            run(slot, batch);
            event.ended();
            if (isStopped()) {
                return false;
            }
            long end = System.nanoTime();
            tellProgress(end);
            if (stepwise) {
                return false;
            }
            if (ownBatchSize == 0) {
                long nanos = end - begin;
                if (nanos < SHORT_RANGE_NANOS) {
                    range = Math.min(2 * range, LONGEST_BATCH);
                } else if (nanos > 4 * SHORT_RANGE_NANOS) {
                    range = Math.max(range / 2, 1);
                }
            }
        }
        return false;
    }

    /** Runs what nobody else has begun of a batch. */
    private void run(Slot slot, Batch batch) {
        boolean recorded = Events.tasksAreRecorded();
        int ran = 0;
        int at = batch.next.getAndIncrement();
        try {
            for (; at < batch.size() && !isStopped(); at = batch.next.getAndIncrement()) {
                Object input = batch.inputs[at];
                if (watched) {
                    runWatched(slot, batch.from + at, () -> tasks.function().apply(input));
                } else {
                    if (Thread.currentThread().isInterrupted() && heedInterrupt()) {
                        return;
                    }
                    slot.begin(batch.from + at);
                    batch.keep(
                            at,
                            recorded
                                    ? runRecorded(
                                            slot,
                                            batch.from + at,
                                            () -> tasks.function().apply(input))
                                    : tasks.function().apply(input));
                }
                ran++;
            }
        } catch (Throwable e) { // whatever a task throws belongs to the caller
            failHere(batch.from + at, e);
        } finally {
            slot.end();
            slot.done += ran;
        }
        if (!isStopped() && batch.missing.addAndGet(-ran) == 0) {
            finish(batch);
        }
    }

    @Override
    void keep(Slot slot, long task, @Nullable Object result) {
        Batch batch = batchOf(task);
        if (batch != null) {
            batch.keep((int) (task - batch.from), result);
        }
    }

    @Override
    void keptBeforeItsEnd(long task) {
        Batch batch = batchOf(task);
        if (batch != null && !isStopped()) {
            Thread.startVirtualThread(
                    () -> finish(batch)); // which may run user code; it has no other task: see ownBatchSize
        }
    }

    private @Nullable Batch batchOf(long task) {
        lock.lock();
        try {
            Map.Entry<Long, Batch> entry = open.floorEntry(task);
            return entry == null || task - entry.getKey() >= entry.getValue().size() ? null : entry.getValue();
        } finally {
            lock.unlock();
        }
    }

    // taking

    /** Null where nothing is left, or a task is to be given out again. */
    private @Nullable Batch take(int most, boolean worker) {
        long patience = SHORTEST_WAIT_NANOS;
        boolean waited = false;
        while (!isStopped() && again.isEmpty()) {
            try {
                Batch batch = tryTake(most, worker);
                if (batch == null && worker && (exhausted || waited)) {
                    batch = begun();
                }
                if (batch != null || exhausted) {
                    return batch;
                }
                if (worker) {
                    idle();
                }
                try {
                    waited = !awaitRoom(patience);
                    patience = Math.min(2 * patience, LONGEST_WAIT_NANOS);
                } finally {
                    if (worker) {
                        busyAgain();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                if (heedInterrupt()) {
                    return null;
                }
            }
        }
        return null;
    }

    /** A batch whose worker has tasks left, perhaps since one of them takes long; null if there is none. */
    private @Nullable Batch begun() {
        lock.lock();
        try {
            for (Batch batch : open.values()) {
                if (batch.next.get() < batch.size()) {
                    return batch;
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Whether there may be room, within the time. */
    private boolean awaitRoom(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (isFull() && !exhausted && !isStopped() && again.isEmpty()) {
                if (left <= 0) {
                    return false;
                }
                left = room.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Null where the producer has no more, or nothing may be taken now. */
    private @Nullable Batch tryTake(int most, boolean worker) throws InterruptedException {
        boolean mayWait = worker && tasks.size().isEmpty(); // what is of known size is there
        awaitTurn(mayWait);
        try {
            int allowed = allowed(most);
            return allowed == 0 || exhausted || isStopped() ? null : pull(allowed, mayWait);
        } finally {
            producing.unlock();
        }
    }

    private void awaitTurn(boolean leavesCpu) throws InterruptedException {
        if (!leavesCpu) {
            producing.lockInterruptibly();
        } else if (!producing.tryLock(0, TimeUnit.NANOSECONDS)) { // unlike the other tryLock it heeds an interrupt
            idle();
            try {
                producing.lockInterruptibly();
            } finally {
                busyAnyway();
            }
        }
    }

    /** How many may be taken now; only who holds {@code producing} takes any. */
    private int allowed(int most) {
        lock.lock();
        try {
            if (isFull()) {
                return 0;
            }
            return tasksAhead > 0 ? (int) Math.min(most, tasksAhead - ahead) : most;
        } finally {
            lock.unlock();
        }
    }

    private boolean isFull() {
        return tasksAhead > 0 ? ahead >= tasksAhead : isConsumed() && batchesAhead >= BATCHES_AHEAD_PER_JOB * jobs;
    }

    /** Asks the producer, which may take its time: so not under the lock that results need. */
    private @Nullable Batch pull(int most, boolean leavesCpu) {
        @Nullable Object[] inputs = new @Nullable Object[Math.min(most, LONGEST_BATCH)];
        int count = 0;
        boolean more = true;
        try {
            long begin = most > 1 ? System.nanoTime() : 0;
            while (count < most) {
                if (count == inputs.length) {
                    inputs = Arrays.copyOf(inputs, (int) Math.min(2L * count, most));
                }
                more = (leavesCpu && count == 0) ? firstInto(inputs) : nextInto(inputs, count);
                if (!more) {
                    break;
                }
                count++;
                if (batchSize == 0 && count < most && System.nanoTime() - begin > SHORT_RANGE_NANOS) {
                    break; // what is there should not wait for a slow producer
                }
            }
        } catch (Throwable e) { // a checked one too, thrown sneakily
            failProducer(e);
            return null;
        }
        Batch batch = count == 0
                ? null
                : new Batch(taken.get(), count == inputs.length ? inputs : Arrays.copyOf(inputs, count));
        lock.lock();
        try {
            if (batch != null) {
                taken.addAndGet(count);
                ahead += count;
                batchesAhead++;
                open.put(batch.from, batch);
                results.taken(batch);
                if (isConsumed() && count > 1) {
                    ready.signal(); // who waits looks into it from now on
                }
            }
            if (!more) {
                exhausted = true;
                room.signalAll();
                ready.signalAll();
            }
        } finally {
            lock.unlock();
        }
        return batch;
    }

    private boolean nextInto(@Nullable Object[] inputs, int at) {
        boolean more = producer.hasNext();
        if (more) {
            inputs[at] = producer.next();
        }
        return more;
    }

    /** A producer that waits does so before it gives the first of a batch, mostly: the CPU is others' meanwhile. */
    private boolean firstInto(@Nullable Object[] inputs) {
        idle();
        try {
            return nextInto(inputs, 0);
        } finally {
            busyAnyway(); // at once: an input that was taken must not wait for a CPU
        }
    }

    /** Once for each batch, by its worker or, where that is stuck in it, by who looks after time limits. */
    private void finish(Batch batch) {
        lock.lock();
        try {
            if (batch.finished) {
                return;
            }
            batch.finished = true;
        } finally {
            lock.unlock();
        }
        LazyTasks.Done done = tasks.done();
        if (done != null) {
            for (int at = 0; at < batch.size(); at++) {
                done.done(batch.inputs[at], batch.results()[at]);
            }
        }
        lock.lock();
        try {
            open.remove(batch.from);
            batch.done = true;
            completed.addAndGet(batch.size());
            switch (kept) {
                case LIST -> {
                    list.add(batch);
                    release(batch);
                }
                case NONE -> release(batch);
                case ORDERED, UNORDERED -> {
                    if (results.done(batch)) {
                        ready.signal();
                    }
                }
            }
            if (exhausted && completed.get() == taken.get()) {
                ready.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void release(Batch batch) {
        ahead -= batch.size();
        batchesAhead--;
        room.signalAll();
    }

    // tasks elsewhere

    @Override
    public boolean takeMayWait() {
        return true;
    }

    @Override
    public Optional<TaskRange> take(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("most = " + most + " is not a batch size: give 1 or more");
        }
        while (!isStopped()) {
            Long failed = again.poll();
            if (failed != null) {
                return Optional.of(new TaskRange(failed, failed + 1));
            }
            Batch batch = take(batchSize > 0 && timeLimitNanos() == 0 ? batchSize : most, false);
            if (batch != null) {
                batch.next.set(batch.size()); // nothing of it is for the workers here
                return Optional.of(new TaskRange(batch.from, batch.from + batch.size()));
            }
            if (again.isEmpty()) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    @Override
    public SharedFunction function() {
        return tasks.sent();
    }

    @Override
    public boolean hasArguments() {
        return true;
    }

    @Override
    public @Nullable Object argument(long index) {
        return tasks.argument().apply(input(index));
    }

    @Override
    public void succeed(long index, @Nullable Object result) {
        deliver(index, result);
    }

    private boolean deliver(long index, @Nullable Object result) {
        checkTaken(index, taken.get());
        Batch complete = null;
        lock.lock();
        try {
            Map.Entry<Long, Batch> entry = open.floorEntry(index);
            if (entry == null) {
                return false;
            }
            Batch batch = entry.getValue();
            int at = (int) (index - batch.from);
            if (at >= batch.size() || !batch.isMissing(at)) {
                return false; // delivered before
            }
            forgetTries(index);
            batch.keep(at, result);
            if (batch.missing.decrementAndGet() == 0) {
                complete = batch;
            }
        } finally {
            lock.unlock();
        }
        if (complete != null) {
            finish(complete);
            tellProgress(System.nanoTime());
        }
        return true;
    }

    @Override
    public void fail(long index, Throwable cause) {
        checkTaken(index, taken.get());
        Batch batch = batchOf(index);
        boolean known = batch == null || !batch.isMissing((int) (index - batch.from));
        if (known || (watched && tasks.done() == null && retriesElsewhere(index, cause))) {
            return;
        }
        if (!collectsFailures()) {
            stopFor(index, cause);
        } else if (deliver(index, new Failed(cause))) {
            countFailure(index, cause);
        }
    }

    @Override
    void giveOutAgain(long task) {
        again.add(task);
        lock.lock();
        try {
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    @Nullable
    Object input(long index) {
        Batch batch = batchOf(index);
        return batch == null ? null : batch.inputs[(int) (index - batch.from)];
    }

    // the consumer

    @Override
    void wake() {
        lock.lock();
        try {
            room.signalAll();
            ready.signalAll();
        } finally {
            lock.unlock();
        }
        if (isStopped() && isConsumed() && !stepwise) {
            Thread.startVirtualThread(this::cancelExecution); // nobody may be waiting for the results
        }
    }

    /** The consumer has the last result of a portion. */
    void consumed(Portion portion) {
        if (!portion.isLast()) {
            return;
        }
        lock.lock();
        try {
            release(portion.batch());
        } finally {
            lock.unlock();
        }
    }

    @Override
    void endStepwise() {
        if (stepwise) {
            end();
        }
    }

    private static void checkConsumer() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException(
                    "This stream has one job: its tasks run on the thread that asks for their results, and "
                            + Thread.currentThread()
                            + " is virtual and cannot hold a thread limit. Consume it on a platform thread, or make the call with"
                            + " jobs(2) or more, or on the virtual thread, which gets a worker thread");
        }
    }

    /**
     * Waits for results.
     *
     * @return the next ones; null when there are no more, or the call was stopped
     * @throws IllegalStateException if tasks are to run on the current thread and it is virtual
     */
    @Nullable
    Portion awaitResults() {
        long patience = SHORTEST_WAIT_NANOS;
        boolean waited = false;
        while (true) {
            if (stepwise && results.isEmpty() && !exhausted && !isStopped()) {
                checkConsumer();
                runHere(0);
            }
            if (Thread.currentThread().isInterrupted()) {
                interrupt();
            }
            lock.lock();
            try {
                Portion next = isStopped() ? null : results.next(waited);
                if (next != null) {
                    return next;
                }
                if (isStopped() || isEnded() || (results.isEmpty() && isComplete())) {
                    return null;
                }
                if (!stepwise) {
                    if (results.mayComePartly()) {
                        waited = ready.awaitNanos(patience) <= 0;
                        patience = Math.min(2 * patience, LONGEST_WAIT_NANOS);
                    } else {
                        ready.await();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * The results of a call that has settled.
     *
     * @throws CallFailure if it failed or was cancelled
     */
    List<@Nullable Object> list() throws CallFailure {
        checkDone();
        if (kept != Kept.LIST) {
            return List.of();
        }
        list.sort(Comparator.comparingLong(batch -> batch.from));
        List<@Nullable Object> all = new ArrayList<>(Math.toIntExact(completed.get()));
        for (Batch batch : list) {
            all.addAll(Arrays.asList(batch.results()));
        }
        return all;
    }
}
