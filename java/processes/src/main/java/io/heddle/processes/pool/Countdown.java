package io.heddle.processes.pool;

import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Something that is due unless it is stopped. Guarded by its owner's lock, without which what is due runs. */
final class Countdown {
    private @Nullable Future<?> running;

    /** Starts it, once more if it runs; {@code due} is short, and looks whether it still matters. */
    void start(long nanos, Runnable due) {
        stop();
        running = Background.CLOCK.schedule(due, nanos, TimeUnit.NANOSECONDS);
    }

    void stop() {
        Future<?> last = running;
        if (last != null) {
            last.cancel(false);
            running = null;
        }
    }
}
