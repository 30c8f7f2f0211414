package io.heddle.backend;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks on platform threads of this process, each with a stack that native linear algebra can live on.
 *
 * <p>Threads are daemons, started on demand and kept for {@value #KEEP_ALIVE_SECONDS} s after their last task. There is no bound: a call
 * gets as many as it has jobs, nested calls too, so that no call waits for another's threads; of thousands of calls at once most of the
 * threads then wait for a CPU, which costs memory but no time: say {@code jobs(1)} where that matters. What a task needs once for each worker is a
 * {@link WorkerLocal}.
 *
 * <p>Thread-safe.
 */
public final class ThreadsBackend implements Backend, AutoCloseable {
    /**
     * The least stack of a worker, in bytes. LAPACK routines of OpenBLAS crash or return wrong solutions on the JVM's default of 1 MB;
     * 4 MB were enough in every build tried. The memory is reserved, not committed.
     */
    public static final long MIN_STACK_BYTES = 16L << 20;

    private static final System.Logger LOGGER = System.getLogger("io.heddle");
    private static final String STACK_OPTION = "stackBytes";
    private static final long MAX_STACK_BYTES = 1L << 30;
    static final int KEEP_ALIVE_SECONDS = 10;

    private static final AtomicInteger CREATED = new AtomicInteger();

    private final String threadNamePrefix = "heddle-" + CREATED.incrementAndGet() + "-worker-";
    private final WorkerThreads threads;
    private final boolean shared;

    /** A backend with threads of its own and the least stack. */
    public ThreadsBackend() {
        this(MIN_STACK_BYTES, false);
    }

    /**
     * A backend with threads of its own.
     *
     * @param stackBytes the stack of each worker, between {@link #MIN_STACK_BYTES} and 1 GB
     * @throws IllegalArgumentException if the stack is smaller or larger
     */
    public ThreadsBackend(long stackBytes) {
        this(stackBytes, false);
    }

    private ThreadsBackend(long stackBytes, boolean shared) {
        this.shared = shared;
        if (stackBytes > MAX_STACK_BYTES) {
            throw new IllegalArgumentException(STACK_OPTION + " = " + stackBytes
                    + " is no thread's stack: give at most " + MAX_STACK_BYTES + " (1 GB)");
        }
        if (stackBytes < MIN_STACK_BYTES) {
            throw new IllegalArgumentException(
                    STACK_OPTION + " = " + stackBytes + " is too small for native linear algebra: give at least "
                            + MIN_STACK_BYTES + " (16 MB; it is reserved, not committed)");
        }
        ThreadFactory factory = Thread.ofPlatform()
                .name(threadNamePrefix, 1)
                .daemon()
                .inheritInheritableThreadLocals(false) // a worker serves many callers
                .stackSize(stackBytes)
                .factory();
        threads = new WorkerThreads(
                body -> factory.newThread(WorkerValues.worker(body)), Duration.ofSeconds(KEEP_ALIVE_SECONDS));
    }

    @Override
    public String name() {
        return "threads";
    }

    @Override
    public boolean sharesMemory() {
        return true;
    }

    @Override
    public boolean holdsInnerLimit() {
        return true;
    }

    @Override
    public int effectiveJobs(int jobs) {
        return jobs;
    }

    @Override
    public Execution start(Work work, CallSettings settings) {
        Workers workers = new Workers(work, settings.jobs());
        workers.start(threads);
        return workers;
    }

    String threadNamePrefix() {
        return threadNamePrefix;
    }

    /**
     * Lets running calls end and their threads die, without waiting for them. A call that is started later fails. The instances behind the
     * name {@code threads} belong to everybody: closing one does nothing.
     */
    @Override
    public void close() {
        if (!shared) {
            threads.close();
        }
    }

    /** The workers of one call. */
    private static final class Workers implements Execution {
        private final Work work;
        private final @Nullable ClassLoader callersLoader =
                Thread.currentThread().getContextClassLoader();
        private final @Nullable Thread[] inside; // guarded by this; so an interrupt never meets a thread that has left
        private final AtomicInteger left;

        Workers(Work work, int jobs) {
            this.work = work;
            this.inside = new @Nullable Thread[jobs];
            this.left = new AtomicInteger(jobs);
        }

        void start(WorkerThreads threads) {
            int jobs = inside.length;
            int started = 0;
            try {
                for (; started < jobs; started++) {
                    int worker = started;
                    threads.execute(new Worker(worker));
                }
            } catch (RuntimeException | Error e) {
                // The workers that did start take all tasks; without any, the call cannot run.
                if (started == 0) {
                    work.failCall(new IllegalStateException(
                            "The threads backend could not start a worker (" + e
                                    + "): it was closed, or the process may have no more"
                                    + " threads (ulimit -u, the cgroup's pids.max). Open a new backend or ask for fewer jobs.",
                            e));
                } else {
                    LOGGER.log(
                            Level.WARNING,
                            "The threads backend could start only {0} of {1} workers ({2}); they run all tasks of the call.",
                            started,
                            jobs,
                            e);
                }
                leave(jobs - started);
            }
        }

        /** One worker of the call. */
        private final class Worker implements WorkerThreads.Body {
            private final int number;

            Worker(int number) {
                this.number = number;
            }

            @Override
            public void run() {
                Workers.this.run(number);
            }

            @Override
            public boolean isOver() {
                return work.isOver();
            }

            @Override
            public void skip() {
                leave(1);
            }
        }

        private void run(int worker) {
            Thread thread = Thread.currentThread();
            synchronized (this) {
                inside[worker] = thread;
            }
            try {
                thread.setContextClassLoader(callersLoader);
                work.runHere(worker);
            } finally {
                thread.setContextClassLoader(null); // an idle worker keeps no application's loader alive
                synchronized (this) {
                    inside[worker] = null;
                }
                Thread.interrupted(); // the cancelled call's interrupt is not the next call's
                leave(1);
            }
        }

        private void leave(int workers) {
            if (left.addAndGet(-workers) == 0) {
                work.end();
            }
        }

        @Override
        public synchronized void cancel() {
            for (Thread thread : inside) {
                if (thread != null) {
                    thread.interrupt();
                }
            }
        }
    }

    /** Provides {@code threads}: one shared instance for each stack size. */
    public static final class Provider implements BackendProvider {
        private static final Map<Long, ThreadsBackend> SHARED = new ConcurrentHashMap<>();

        /** For the service loader. */
        public Provider() {}

        @Override
        public String name() {
            return "threads";
        }

        @Override
        public Set<String> options() {
            return Set.of(STACK_OPTION);
        }

        @Override
        public Backend create(Map<String, Object> options) {
            Object stack = options.getOrDefault(STACK_OPTION, MIN_STACK_BYTES);
            if (stack instanceof Number bytes) {
                return SHARED.computeIfAbsent(bytes.longValue(), stackBytes -> new ThreadsBackend(stackBytes, true));
            }
            throw new IllegalArgumentException(
                    STACK_OPTION + " = " + stack + " is not a number of bytes: give at least " + MIN_STACK_BYTES);
        }
    }
}
