package io.heddle.dispatch;

import io.heddle.backend.SharedFunction;
import io.heddle.backend.TaskRange;
import io.heddle.event.Events;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/*
 * Workers take ranges of indices from one counter. A worker's range doubles while a range takes less than SHORT_RANGE_NANOS, halves when
 * it takes more than four times that, and never exceeds the worker's part of what is left, so that uneven tasks even out at the end. So
 * what is done once per range (a look for new libraries, a clock reading, two shared counters) is little beside the tasks even where they
 * are tiny (row dispatch.threads.noop), and long tasks are taken one by one.
 */
/** A call's tasks of known number, shared out by ranges of indices. */
final class IndexedWork extends RunningCall {
    private static final int LONGEST_RANGE = 1 << 16;

    /** A range grows to this many tasks where each takes a fraction of a microsecond. */
    private static final int TINY_TASKS = 64;

    /**
     * Of those, so many are run between two looks at whether the call is stopped. Few enough that what follows a task that takes the interrupt
     * is over within the second that a stopped call waits, should tasks be tiny no more.
     */
    private static final int BLOCK = 16;

    private final Tasks tasks;
    private final int size;
    private final int batchSize; // 0 for ranges that adapt
    private final int rangeSize; // the same, for tasks that run here
    private final @Nullable Object[] results;
    private final AtomicLong next = new AtomicLong();
    private final AtomicInteger completed = new AtomicInteger();
    private final Queue<Integer> again = new ConcurrentLinkedQueue<>();
    private volatile @Nullable AtomicIntegerArray delivered; // only where tasks run elsewhere

    IndexedWork(Tasks tasks, Plan plan, int jobs, Context context, boolean onCaller, boolean collects) {
        this(tasks, plan, jobs, context, onCaller, collects, room(tasks.size()));
    }

    /** The room comes first: where there is none, no call has begun that holds scattered values. */
    private IndexedWork(
            Tasks tasks,
            Plan plan,
            int jobs,
            Context context,
            boolean onCaller,
            boolean collects,
            @Nullable Object[] results) {
        super(plan, jobs, context, onCaller, collects);
        this.tasks = tasks;
        this.size = tasks.size();
        Integer said = plan.choice().batchSize();
        this.batchSize = said == null ? 0 : said;
        this.rangeSize = timeLimitNanos() > 0 ? 1 : batchSize; // what a stuck task's worker had taken would be lost
        this.results = results;
    }

    private static @Nullable Object[] room(int size) {
        try {
            return new @Nullable Object[size];
        } catch (OutOfMemoryError e) {
            OutOfMemoryError told = new OutOfMemoryError("There is no room for the results of " + size
                    + " tasks, which take 4 to 8 bytes each beside what they hold (" + e.getMessage()
                    + "): give the JVM a larger heap (-Xmx), have each task do the work of many, or use forEach, ordered or"
                    + " unordered, which keep no list of results");
            told.initCause(e);
            throw told;
        }
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(size);
    }

    @Override
    public OptionalLong total() {
        return OptionalLong.of(size);
    }

    @Override
    public long completed() {
        return completed.get();
    }

    @Override
    boolean isComplete() {
        return completed.get() == size;
    }

    @Override
    boolean work(Slot slot, WorkerSession session) {
        int range = rangeSize > 0 ? rangeSize : 1;
        long begin = System.nanoTime();
        while (!isStopped()) {
            if (mustPause()) {
                return true;
            }
            if (rangeSize == 0) {
                long left = size - next.getPlain();
                range = Math.clamp(left / (2L * jobs), 1, range);
            }
            long from = next.getAndAdd(range);
            if (from >= size) {
                return false;
            }
            refresh(slot, session);
            int to = (int) Math.min(size, from + range);
            Events.Batch event = Events.batchBegins(number(), slot.worker, from, to);
            if (watched) {
                for (long index = from; index < to && !isStopped(); index++) {
                    int task = (int) index;
                    runWatched(slot, index, () -> tasks.run(task));
                    slot.done++;
                }
            } else {
                int done = run(slot, (int) from, to);
                slot.done += done;
                completed.addAndGet(done);
            }
            event.ended();
            long end = System.nanoTime();
            tellProgress(end);
            long nanos = end - begin;
            begin = end;
            if (rangeSize == 0) {
                if (nanos < SHORT_RANGE_NANOS) {
                    range = Math.min(2 * range, LONGEST_RANGE);
                } else if (nanos > 4 * SHORT_RANGE_NANOS) {
                    range = Math.max(range / 2, 1);
                }
            }
        }
        return false;
    }

    private int run(Slot slot, int from, int to) {
        boolean recorded = Events.tasksAreRecorded();
        Tasks own = tasks; // in locals, as the reads of flags below would have fields read anew for each task
        @Nullable Object[] slots = results;
        Thread thread = Thread.currentThread();
        long[] running = slot.running();
        int place = slot.place();
        int step = rangeSize == 0 && to - from >= TINY_TASKS ? BLOCK : 1;
        int index = from;
        try {
            while (index < to && !isStopped()) {
                for (int end = Math.min(to, index + step); index < end; index++) {
                    if (thread.isInterrupted() && heedInterrupt()) {
                        return index - from;
                    }
                    running[place] = index + 1L;
                    slots[index] = recorded ? runRecorded(slot, index) : own.run(index);
                }
            }
        } catch (Throwable e) { // whatever a task throws belongs to the caller
            failHere(index, e);
        } finally {
            slot.end();
        }
        return index - from;
    }

    private @Nullable Object runRecorded(Slot slot, int index) throws Exception {
        return runRecorded(slot, index, () -> tasks.run(index));
    }

    @Override
    void keep(Slot slot, long task, @Nullable Object result) {
        results[(int) task] = result;
        completed.incrementAndGet();
    }

    @Override
    public boolean takeMayWait() {
        return false;
    }

    @Override
    public Optional<TaskRange> take(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("most = " + most + " is not a batch size: give 1 or more");
        }
        if (isStopped()) {
            return Optional.empty();
        }
        Integer failed = again.poll();
        if (failed != null) {
            return Optional.of(new TaskRange(failed, failed + 1L));
        }
        int range = batchSize > 0 && timeLimitNanos() == 0 ? batchSize : most;
        long from = next.getAndAdd(range);
        return from >= size ? Optional.empty() : Optional.of(new TaskRange(from, Math.min(size, from + range)));
    }

    @Override
    public SharedFunction function() {
        return tasks.shared();
    }

    @Override
    public boolean hasArguments() {
        return tasks.hasArguments();
    }

    @Override
    public @Nullable Object argument(long index) {
        return tasks.argument((int) index);
    }

    @Override
    public void succeed(long index, @Nullable Object result) {
        if (isFirstDelivery(index)) {
            forgetTries(index);
            results[(int) index] = result;
            completed.incrementAndGet();
            tellProgress(System.nanoTime());
        }
    }

    private boolean isFirstDelivery(long index) {
        checkTaken(index, Math.min(next.get(), size));
        return delivered().compareAndSet((int) index, 0, 1);
    }

    @Override
    public void fail(long index, Throwable cause) {
        checkTaken(index, Math.min(next.get(), size));
        boolean known = delivered().get((int) index) != 0;
        if (known || (watched && retriesElsewhere(index, cause)) || !isFirstDelivery(index)) {
            return;
        }
        if (!collectsFailures()) {
            stopFor(index, cause);
        } else {
            results[(int) index] = new Failed(cause);
            countFailure(index, cause);
            completed.incrementAndGet();
        }
    }

    @Override
    @Nullable
    Object input(long task) {
        return tasks.input((int) task);
    }

    @Override
    void giveOutAgain(long task) {
        again.add((int) task);
    }

    private AtomicIntegerArray delivered() {
        AtomicIntegerArray flags = delivered;
        if (flags == null) {
            synchronized (this) {
                flags = delivered;
                if (flags == null) {
                    flags = new AtomicIntegerArray(size);
                    delivered = flags;
                }
            }
        }
        return flags;
    }

    /**
     * The results of a call that has settled.
     *
     * @throws CallFailure if it failed or was cancelled
     */
    @Nullable
    Object[] results() throws CallFailure {
        checkDone();
        return results;
    }
}
