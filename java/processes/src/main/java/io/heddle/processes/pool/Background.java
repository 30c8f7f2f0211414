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

    /** For what may wait: launching, feeding, cancelling. */
    static final ExecutorService THREADS = Executors.newCachedThreadPool(DAEMONS);

    /** For what is due at a time and short. */
    static final ScheduledThreadPoolExecutor CLOCK = clock();

    private Background() {}

    private static ScheduledThreadPoolExecutor clock() {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, DAEMONS);
        clock.setRemoveOnCancelPolicy(true);
        return clock;
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
