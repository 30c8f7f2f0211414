package io.heddle.processes.pool;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;

/** The threads of this module, all daemons that end when they are idle. */
final class Background {
    private static final ThreadFactory DAEMONS = Thread.ofPlatform()
            .daemon()
            .name("heddle-processes-", 0)
            .inheritInheritableThreadLocals(false)
            .factory();

    private static final ExecutorService THREADS = Executors.newCachedThreadPool(DAEMONS);

    /** For what is due at a time and short. Its thread is there from the beginning. */
    static final ScheduledThreadPoolExecutor CLOCK = clock();

    private Background() {}

    private static ScheduledThreadPoolExecutor clock() {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, DAEMONS);
        clock.setRemoveOnCancelPolicy(true);
        clock.prestartCoreThread();
        return clock;
    }

    /** For what may wait: launching, feeding, cancelling. Where no thread is to be had, the clock's does it, late but for sure. */
    static void run(Runnable body) {
        try {
            THREADS.execute(body);
        } catch (OutOfMemoryError e) {
            CLOCK.execute(body);
        }
    }

    /** A thread of its own for what lasts as long as a worker. */
    static void start(String name, Runnable body) {
        Thread.ofPlatform()
                .daemon()
                .name(name)
                .inheritInheritableThreadLocals(false)
                .start(body);
    }
}
