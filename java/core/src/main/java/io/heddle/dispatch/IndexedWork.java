package io.heddle.dispatch;

import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/*
 * Workers take ranges of indices from one counter. A worker's range doubles while a range takes less than SHORT_RANGE_NANOS, halves when
 * it takes more than four times that, and never exceeds the worker's part of what is left, so that uneven tasks even out at the end. So
 * what is done once per range (a look for new libraries, a clock reading, two shared counters) is little beside the tasks even where they
 * are tiny (row dispatch.threads.noop), and long tasks are taken one by one.
 */
/** A call's tasks of known number, shared out by ranges of indices. */
final class IndexedWork implements Work {
    private static final long SHORT_RANGE_NANOS = 10_000;
    private static final int LONGEST_RANGE = 1 << 16;
    private static final int OVER = -1;
    private static final int SLOTS_APART = 32; // 128 bytes: two workers never write to one cache line
    private static final VarHandle RUNNING = MethodHandles.arrayElementVarHandle(int[].class);

    private final Tasks tasks;
    private final int size;
    private final int jobs;
    private final Thread caller;
    private final Context workerContext;
    private final InnerLimit inner;
    private final @Nullable Object[] results;
    private final int[] running; // per worker: the index + 1 of the task it runs, or 0
    private final AtomicLong next = new AtomicLong();
    private final AtomicInteger completed = new AtomicInteger();
    private final AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
    private final CountDownLatch settled = new CountDownLatch(1); // stopped, or done and every worker out
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger inside = new AtomicInteger();
    private volatile boolean stopped;
    private volatile @Nullable AtomicIntegerArray delivered; // only where tasks run elsewhere

    private record Failure(int task, @Nullable Throwable cause) {}

    IndexedWork(Tasks tasks, int jobs, Context workerContext, InnerLimit inner) {
        this.tasks = tasks;
        this.size = tasks.size();
        this.jobs = jobs;
        this.caller = Thread.currentThread();
        this.workerContext = workerContext;
        this.inner = inner;
        this.results = new @Nullable Object[size];
        this.running = new int[(jobs + 1) * SLOTS_APART];
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public void runHere(int worker) {
        if (!enter()) {
            return; // the others have done it all: nothing to limit, nobody waits for this worker
        }
        try {
            runInside(worker);
        } finally {
            leave();
        }
    }

    /** Counts a worker in, unless the call is over. */
    private boolean enter() {
        for (int now = inside.get(); now != OVER; now = inside.get()) {
            if (inside.compareAndSet(now, now + 1)) {
                return true;
            }
        }
        return false;
    }

    /** Counts a worker out, its limit undone; the last one of a finished call ends the wait for those that never came in. */
    private void leave() {
        if (inside.decrementAndGet() == 0 && completed.get() == size && inside.compareAndSet(0, OVER)) {
            settled.countDown();
        }
    }

    private void runInside(int worker) {
        try (WorkerSession session = WorkerSession.open(workerContext, inner)) {
            drain(worker, session);
        } catch (RuntimeException | Error e) {
            failCall(e);
        }
    }

    private void drain(int worker, WorkerSession session) {
        int range = 1;
        long begin = System.nanoTime();
        while (!stopped) {
            long left = size - next.getPlain();
            range = Math.clamp(left / (2L * jobs), 1, range);
            long from = next.getAndAdd(range);
            if (from >= size) {
                return;
            }
            session.refresh();
            int to = (int) Math.min(size, from + range);
            completed.addAndGet(run(worker, (int) from, to));
            long end = System.nanoTime();
            long nanos = end - begin;
            begin = end;
            if (nanos < SHORT_RANGE_NANOS) {
                range = Math.min(2 * range, LONGEST_RANGE);
            } else if (nanos > 4 * SHORT_RANGE_NANOS) {
                range = Math.max(range / 2, 1);
            }
        }
    }

    private int run(int worker, int from, int to) {
        int slot = (worker + 1) * SLOTS_APART;
        int index = from;
        try {
            for (; index < to && !stopped; index++) {
                if (Thread.currentThread().isInterrupted() && heedInterrupt()) {
                    break;
                }
                RUNNING.setOpaque(running, slot, index + 1);
                results[index] = tasks.run(index);
            }
        } catch (Throwable e) { // whatever a task throws belongs to the caller
            failHere(index, e);
        } finally {
            RUNNING.setOpaque(running, slot, 0);
        }
        return index - from;
    }

    /** An interrupt of the calling thread is for the call; a worker's own, left behind by a task, is not for the next task. */
    private boolean heedInterrupt() {
        if (Thread.currentThread() == caller) {
            interrupt();
        } else if (!stopped) {
            Thread.interrupted();
        }
        return stopped;
    }

    /** On the calling thread an interrupted task is an interrupted call. */
    private void failHere(int index, Throwable failure) {
        boolean interrupted = failure instanceof InterruptedException
                || Thread.currentThread().isInterrupted();
        if (interrupted && Thread.currentThread() == caller) {
            Thread.currentThread().interrupt();
            interrupt();
        } else {
            fail(index, failure);
        }
    }

    @Override
    public Optional<TaskRange> take(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("most = " + most + " is not a batch size: give 1 or more");
        }
        long from = stopped ? size : next.getAndAdd(most);
        return from >= size
                ? Optional.empty()
                : Optional.of(new TaskRange((int) from, (int) Math.min(size, from + most)));
    }

    @Override
    public Callable<?> task(int index) {
        return tasks.task(index);
    }

    @Override
    public void succeed(int index, @Nullable Object result) {
        if (delivered().compareAndSet(index, 0, 1)) {
            results[index] = result;
            completed.incrementAndGet();
        }
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

    @Override
    public void fail(int index, Throwable cause) {
        stop(new Failure(index, cause));
    }

    @Override
    public void failCall(Throwable cause) {
        stop(new Failure(CallFailure.NO_TASK, cause));
    }

    /** Stops the call because its thread was interrupted. */
    private void interrupt() {
        stop(new Failure(CallFailure.NO_TASK, null));
    }

    private void stop(Failure first) {
        failure.compareAndSet(null, first);
        stopped = true;
        settled.countDown();
    }

    @Override
    public boolean isStopped() {
        return stopped;
    }

    @Override
    public void end() {
        ended.countDown();
        settled.countDown();
    }

    /** Waits until the work is stopped, or done with every worker that came in gone; an interrupt of the calling thread stops it. */
    void awaitSettled() {
        if (settled.getCount() > 0) {
            try {
                settled.await();
            } catch (InterruptedException e) {
                interrupt();
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits, whatever interrupts come, until all workers are gone or the time is over. */
    void awaitEnded(Duration most) {
        boolean interrupted = Thread.interrupted();
        long deadline = System.nanoTime() + most.toNanos();
        try {
            while (ended.getCount() > 0) {
                try {
                    if (!ended.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                        return;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * The results of a call that has settled.
     *
     * @throws CallFailure if it failed or was cancelled
     */
    @Nullable
    Object[] results() throws CallFailure {
        Failure first = failure.get();
        if (first != null) {
            throw new CallFailure(first.task(), first.cause(), stillRunning());
        }
        if (completed.get() != size) {
            throw new CallFailure(
                    CallFailure.NO_TASK,
                    new IllegalStateException("the backend ended the call with " + completed.get() + " of " + size
                            + " tasks done and no failure: this is a defect of the backend"),
                    "");
        }
        return results;
    }

    private String stillRunning() {
        if (ended.getCount() == 0) {
            return "";
        }
        StringJoiner indices = new StringJoiner(", ");
        for (int worker = 0; worker < jobs; worker++) {
            int index = (int) RUNNING.getOpaque(running, (worker + 1) * SLOTS_APART);
            if (index > 0) {
                indices.add(Integer.toString(index - 1));
            }
        }
        return indices.length() == 0
                ? "workers of this call have not ended yet"
                : "still running, since no interrupt stopped them: task " + indices;
    }
}
