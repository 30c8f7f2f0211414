package io.heddle.backend;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/*
 * No ThreadPoolExecutor: with a SynchronousQueue a thread that was woken for a call that others have finished meanwhile cannot take the next
 * call's work, so that a dozen threads take turns where two would do (row call.two-tasks.threads); with a queue that holds work, a thread
 * that is idle for too long may leave just then, and two workers that wait for each other meet on one thread. Spinning before a thread
 * sleeps was tried and doubled the row: it keeps the caller from its CPU.
 */
/** Threads that run one body after the other, as many as there are bodies at once, each kept for a while after its last. Thread-safe. */
final class WorkerThreads {
    /** What a thread runs. */
    interface Body extends Runnable {
        /** Whether there is nothing left to run. */
        boolean isOver();

        /** In place of {@link #run()}. */
        void skip();
    }

    private final ThreadFactory factory;
    private final long keepAliveNanos;
    private final ArrayDeque<Worker> idle = new ArrayDeque<>(); // guarded by this; who came last is first
    private final ArrayDeque<Worker> woken =
            new ArrayDeque<>(); // guarded by this; have a body that they have not begun
    private boolean closed; // guarded by this

    WorkerThreads(ThreadFactory factory, Duration keepAlive) {
        this.factory = factory;
        this.keepAliveNanos = keepAlive.toNanos();
    }

    /**
     * Has a thread run a body now.
     *
     * @throws RejectedExecutionException if it was closed
     * @throws OutOfMemoryError if the system gives no thread
     */
    void execute(Body body) {
        Worker free;
        Body skipped = null;
        synchronized (this) {
            if (closed) {
                throw new RejectedExecutionException("closed");
            }
            free = idle.pollFirst();
            if (free != null) {
                free.given = body;
                woken.addLast(free);
            } else {
                skipped = replaceOne(body);
            }
        }
        if (free != null) {
            LockSupport.unpark(free.thread);
        } else if (skipped != null) {
            skipped.skip();
        } else {
            factory.newThread(new Worker(body)).start();
        }
    }

    /** Gives a body to a thread that is on its way to one that is over. */
    private @Nullable Body replaceOne(Body body) {
        for (Worker worker : woken) {
            Body given = worker.given;
            if (given != null && given.isOver()) {
                worker.given = body;
                return given;
            }
        }
        return null;
    }

    /** What a worker is to run, which nobody can take from it any more; null if there is nothing. */
    private synchronized @Nullable Body begin(Worker worker) {
        Body given = worker.given;
        if (given != null) {
            worker.given = null;
            woken.remove(worker);
        }
        return given;
    }

    /** Threads end when they have nothing to run. */
    synchronized void close() {
        closed = true;
        idle.forEach(Worker::end);
        idle.clear();
    }

    private synchronized boolean comesBack(Worker worker) {
        if (!closed) {
            idle.addFirst(worker);
        }
        return !closed;
    }

    private synchronized boolean mayLeave(Worker worker) {
        return idle.remove(worker);
    }

    private final class Worker implements Runnable {
        private final Body first;
        private volatile @Nullable Body given; // written under the monitor of the threads
        private volatile boolean ended;
        private volatile @Nullable Thread thread;

        Worker(Body first) {
            this.first = first;
        }

        void end() {
            ended = true;
            LockSupport.unpark(thread);
        }

        @Override
        public void run() {
            thread = Thread.currentThread();
            for (Body body = first; body != null; body = next()) {
                body.run();
            }
        }

        /** Null where nothing came for long. */
        private @Nullable Body next() {
            if (!comesBack(this)) {
                return null;
            }
            long start = System.nanoTime();
            while (given == null && !ended) {
                long left = keepAliveNanos - (System.nanoTime() - start);
                if (left <= 0 && mayLeave(this)) {
                    return null;
                }
                LockSupport.parkNanos(this, Math.max(left, 1));
                Thread.interrupted(); // nobody's any more
            }
            return begin(this);
        }
    }
}
