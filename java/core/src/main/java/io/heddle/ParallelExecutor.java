package io.heddle;

import io.heddle.dispatch.Dispatcher;
import io.heddle.dispatch.LazyTasks;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/*
 * While anything is submitted, one call runs whose producer is the queue: it waits for the next task as long as one is running, and ends
 * when there is none. The next task to come then begins a new call.
 */
/** An executor over a {@link Parallel}. Thread-safe. */
final class ParallelExecutor extends AbstractExecutorService {
    private final Parallel parallel;
    private final ParallelConfig.Captured captured;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Submission<?>> queue = new ArrayDeque<>(); // guarded by lock, as is what follows
    private final Set<Submission<?>> running = new HashSet<>();
    private @Nullable Thread call;
    private boolean shutdown;
    private int inTasks; // tasks that run in this process, wanted or not

    ParallelExecutor(Parallel parallel, ParallelConfig.Captured captured) {
        this.parallel = parallel;
        this.captured = captured;
    }

    @Override
    protected <R> RunnableFuture<R> newTaskFor(Callable<R> task) {
        return new Submission<>(task, false);
    }

    @Override
    protected <R> RunnableFuture<R> newTaskFor(Runnable task, R result) {
        return new Submission<>(Executors.callable(task, result), false);
    }

    @Override
    public void execute(Runnable task) {
        Submission<?> submission = Objects.requireNonNull(task, "task") instanceof Submission<?> made
                ? made
                : new Submission<>(Executors.callable(task), true);
        lock.lock();
        try {
            if (shutdown) {
                throw new RejectedExecutionException("The executor of a Parallel was shut down; " + task
                        + " was not taken: submit before, or open another");
            }
            queue.add(submission);
            if (call == null) {
                begin();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void begin() {
        call = Thread.ofVirtual().name("heddle-executor").start(captured.wrap(this::runAll));
    }

    private void runAll() {
        try {
            parallel.runSubmitted(new LazyTasks(
                    new Submitted(),
                    OptionalLong.empty(),
                    input -> run((Submission<?>) Objects.requireNonNull(input)),
                    CallTasks.calling(),
                    input -> ((Submission<?>) Objects.requireNonNull(input)).task,
                    (input, outcome) -> deliver((Submission<?>) Objects.requireNonNull(input), outcome)));
            ended(null);
        } catch (RuntimeException | Error e) {
            ended(e);
        }
    }

    private @Nullable Object run(Submission<?> submission) throws Exception {
        countTask(1);
        try {
            return submission.callHere();
        } finally {
            countTask(-1);
        }
    }

    private void countTask(int change) {
        lock.lock();
        try {
            inTasks += change;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What depends on a future runs where the future is completed, and may wait: never on a thread that brings the results of others. */
    private void deliver(Submission<?> submission, @Nullable Object outcome) {
        if (submission.hasRunHere()) {
            complete(submission, outcome);
        } else {
            submission.delivered = true;
            Thread.ofVirtual()
                    .name("heddle-future")
                    .inheritInheritableThreadLocals(false)
                    .start(() -> complete(submission, outcome));
        }
    }

    private void complete(Submission<?> submission, @Nullable Object outcome) {
        submission.deliver(outcome); // first: who closes the executor finds every future complete
        lock.lock();
        try {
            running.remove(submission);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The call is over: by itself, when nothing was left, or by a failure, which all that it had are told of. */
    private void ended(@Nullable Throwable failure) {
        if (failure != null) {
            takeWhatIsLost().forEach(submission -> submission.fail(failure));
        }
        lock.lock();
        try {
            if (call == Thread.currentThread()) { // else a newer call has what there is
                call = null;
                if (failure != null) {
                    running.clear();
                }
                if (!queue.isEmpty()) {
                    begin();
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private List<Submission<?>> takeWhatIsLost() {
        lock.lock();
        try {
            List<Submission<?>> lost = new ArrayList<>();
            if (call == Thread.currentThread()) {
                for (Submission<?> each : running) {
                    if (!each.delivered) { // else its result is on its way
                        lost.add(each);
                    }
                }
                lost.addAll(queue);
                queue.clear();
            }
            return lost;
        } finally {
            lock.unlock();
        }
    }

    /** What the call takes; asked by one of its workers at a time. */
    private final class Submitted implements Iterator<Submission<?>> {
        private final Thread of = Thread.currentThread();
        private boolean cancelled; // guarded by lock

        @Override
        public boolean hasNext() {
            lock.lock();
            try {
                while (queue.isEmpty() && !running.isEmpty() && !cancelled) {
                    awaitChange();
                }
                if (cancelled) {
                    return false;
                }
                if (queue.isEmpty() && call == of) {
                    call = null; // what comes now begins a new call
                    changed.signalAll();
                }
                return !queue.isEmpty() && call == of;
            } finally {
                lock.unlock();
            }
        }

        /** Until something is there, or the call is cancelled; an interrupt that a task left behind is none. */
        @SuppressWarnings("WaitNotInLoop") // the caller's
        private void awaitChange() {
            try {
                changed.await();
            } catch (InterruptedException e) {
                if (TaskContext.current().map(TaskContext::isCancelled).orElse(true)) {
                    cancelled = true;
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public Submission<?> next() {
            lock.lock();
            try {
                Submission<?> next = queue.poll();
                if (next == null) {
                    throw new NoSuchElementException();
                }
                running.add(next);
                return next;
            } finally {
                lock.unlock();
            }
        }
    }

    @Override
    public void shutdown() {
        lock.lock();
        try {
            shutdown = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<Runnable> shutdownNow() {
        lock.lock();
        try {
            shutdown = true;
            List<Runnable> left = new ArrayList<>(queue);
            queue.clear();
            if (call != null) {
                call.interrupt();
            }
            changed.signalAll();
            return left;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isShutdown() {
        lock.lock();
        try {
            return shutdown;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isTerminated() {
        lock.lock();
        try {
            return isDone();
        } finally {
            lock.unlock();
        }
    }

    private boolean isDone() {
        return shutdown && call == null && queue.isEmpty() && running.isEmpty() && inTasks == 0;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        long left = unit.toNanos(timeout);
        lock.lock();
        try {
            while (!isDone()) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** A task and its future. */
    private static final class Submission<R> extends CompletableFuture<R> implements RunnableFuture<R> {
        private final Callable<R> task;
        private final boolean nobodyAsks;
        private @Nullable Thread thread; // while it runs in this process; guarded by this
        private volatile boolean ranHere;
        private volatile boolean delivered; // what became of it elsewhere is known

        Submission(Callable<R> task, boolean nobodyAsks) {
            this.task = Objects.requireNonNull(task, "task");
            this.nobodyAsks = nobodyAsks;
        }

        /** Whether a thread of this process took it, which then also delivers what became of it. */
        boolean hasRunHere() {
            return ranHere;
        }

        /** Runs the task where it was not cancelled before. */
        @Nullable
        Object callHere() throws Exception {
            ranHere = true;
            synchronized (this) {
                if (isDone()) {
                    return null;
                }
                thread = Thread.currentThread();
            }
            try {
                return task.call();
            } finally {
                synchronized (this) {
                    thread = null;
                    if (isCancelled()) {
                        Thread.interrupted(); // that was meant for this task
                    }
                }
            }
        }

        @SuppressWarnings({"unchecked", "NullAway"}) // what the callable returned
        void deliver(@Nullable Object outcome) {
            Throwable failure = Dispatcher.failureOf(outcome);
            if (failure == null) {
                complete((R) outcome);
            } else {
                fail(failure);
            }
        }

        /** A failure that no future tells is one for the thread's handler; that of who shut the executor down is known to them. */
        void fail(Throwable failure) {
            if (completeExceptionally(failure) && nobodyAsks && !(failure instanceof CancellationException)) {
                Thread current = Thread.currentThread();
                try {
                    current.getUncaughtExceptionHandler().uncaughtException(current, failure);
                } catch (RuntimeException | Error e) {
                    // as the JVM does
                }
            }
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            synchronized (this) {
                if (cancelled && mayInterruptIfRunning && thread != null) {
                    thread.interrupt();
                }
            }
            return cancelled;
        }

        /** By whoever took it from {@link ParallelExecutor#shutdownNow()}, and by a completion service. */
        @Override
        @SuppressWarnings({"unchecked", "NullAway"}) // what the callable returned
        public void run() {
            try {
                complete((R) callHere());
            } catch (Exception | Error e) {
                completeExceptionally(e);
            }
        }
    }
}
