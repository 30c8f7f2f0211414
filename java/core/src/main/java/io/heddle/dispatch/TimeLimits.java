package io.heddle.dispatch;

import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Looks every now and then after the tasks of calls that limit their time: one daemon thread for all. Thread-safe. */
final class TimeLimits {
    private static final long SHORTEST_PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int LOOKS_PER_LIMIT = 20;

    private TimeLimits() {}

    private static final class Watch {
        static final ScheduledExecutorService THREAD = Executors.newSingleThreadScheduledExecutor(Watching::new);
    }

    /** Whether the current thread is the one that looks after all calls. */
    static boolean isWatching() {
        return Thread.currentThread() instanceof Watching;
    }

    private static final class Watching extends Thread {
        Watching(Runnable body) {
            super(body, "heddle-time-limits");
            setDaemon(true);
        }
    }

    /** Looks after a call until it is over. */
    static void watch(RunningCall call) {
        long period = Math.clamp(call.timeLimitNanos() / LOOKS_PER_LIMIT, SHORTEST_PERIOD_NANOS, LONGEST_PERIOD_NANOS);
        AtomicReference<@Nullable Future<?>> looks = new AtomicReference<>();
        looks.set(Watch.THREAD.scheduleWithFixedDelay(
                () -> {
                    Future<?> own = looks.get();
                    if (!call.watchTimes() && own != null) {
                        own.cancel(false);
                    }
                },
                period,
                period,
                TimeUnit.NANOSECONDS));
    }
}
