package io.heddle.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks on virtual threads: for tasks that wait, for a network or a disk, rather than compute. A call has {@value #DEFAULT_JOBS} workers
 * unless jobs are said.
 *
 * <p>A virtual thread cannot hold a limit on native libraries. So this backend holds no inner limit, an explicit {@code innerMaxNumThreads}
 * is refused, and so is {@link io.heddle.NativeThreads#limit} in a task. A {@code Parallel} called in a task runs on platform threads under
 * their limits: that is the way for native work.
 *
 * <p>Thread-safe, without state: each call starts its own threads.
 */
public final class VirtualThreadsBackend implements Backend {
    /** The only instance that is needed. */
    public static final VirtualThreadsBackend INSTANCE = new VirtualThreadsBackend();

    /** The workers of a call that does not say jobs. */
    public static final int DEFAULT_JOBS = 256;

    private VirtualThreadsBackend() {}

    @Override
    public String name() {
        return "virtual-threads";
    }

    @Override
    public boolean sharesMemory() {
        return true;
    }

    @Override
    public boolean holdsInnerLimit() {
        return false;
    }

    @Override
    public int effectiveJobs(int jobs) {
        return jobs;
    }

    @Override
    public int defaultJobs() {
        return DEFAULT_JOBS;
    }

    @Override
    public Execution start(Work work, CallSettings settings) {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        AtomicInteger left = new AtomicInteger(settings.jobs());
        List<Thread> workers = new ArrayList<>(settings.jobs());
        for (int i = 0; i < settings.jobs(); i++) {
            int worker = i;
            Thread thread = Thread.ofVirtual()
                    .name("heddle-virtual-worker-" + worker)
                    .unstarted(() -> {
                        try {
                            work.runHere(worker);
                        } finally {
                            if (left.decrementAndGet() == 0) {
                                work.end();
                            }
                        }
                    });
            thread.setContextClassLoader(loader);
            workers.add(thread);
        }
        workers.forEach(Thread::start);
        return () -> workers.forEach(Thread::interrupt);
    }

    /** Provides {@code virtual-threads}. */
    public static final class Provider implements BackendProvider {
        /** For the service loader. */
        public Provider() {}

        @Override
        public String name() {
            return INSTANCE.name();
        }

        @Override
        public Set<String> options() {
            return Set.of();
        }

        @Override
        public Backend create(Map<String, Object> options) {
            return INSTANCE;
        }
    }
}
