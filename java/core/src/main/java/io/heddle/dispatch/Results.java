package io.heddle.dispatch;

import java.lang.ref.Cleaner;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The results of a call, consumed while it runs. What is not consumed any more, closed or forgotten, is cancelled. For one thread at a time.
 */
public final class Results implements AutoCloseable {
    private static final class Forgotten {
        static final Cleaner CLEANER = Cleaner.create(
                Thread.ofPlatform().daemon().name("heddle-forgotten-results").factory());
    }

    private final LazyWork work;
    private final WhenForgotten whenForgotten;
    private final Cleaner.Cleanable forgotten;
    private @Nullable Portion portion; // null where nothing is at hand
    private int at;
    private boolean finished;

    Results(LazyWork work) {
        this.work = work;
        this.whenForgotten = new WhenForgotten(work);
        this.forgotten = Forgotten.CLEANER.register(this, whenForgotten);
    }

    /** What is done when nobody has the results any more. */
    private static final class WhenForgotten implements Runnable {
        private final LazyWork work;
        private volatile boolean finished;

        WhenForgotten(LazyWork work) {
            this.work = work;
        }

        @Override
        public void run() {
            if (!finished) {
                work.interrupt();
                work.cancelExecution();
                Thread.startVirtualThread(work::tellEnded); // a listener must not hold up the cleaner
            }
        }
    }

    /**
     * Hands the next result over, when it is there.
     *
     * @param consumer takes it
     * @return false if there are no more
     * @throws CallFailure if the call failed or was cancelled
     */
    public boolean advance(Consumer<@Nullable Object> consumer) throws CallFailure {
        Portion from = portion;
        if (from == null) {
            from = next();
            if (from == null) {
                return false;
            }
            portion = from;
            at = 0;
        }
        Object result = from.results()[at];
        from.results()[at++] = null;
        if (at == from.results().length) {
            work.consumed(from);
            portion = null;
        }
        consumer.accept(result);
        return true;
    }

    private @Nullable Portion next() throws CallFailure {
        if (finished) {
            return null;
        }
        Portion next = work.awaitResults();
        if (next == null) {
            finish(); // first: then the failure tells which tasks did not stop
            work.checkDone();
        }
        return next;
    }

    private void finish() {
        if (!finished) {
            finished = true;
            whenForgotten.finished = true;
            Dispatcher.finish(work);
            forgotten.clean();
        }
    }

    /** Cancels what is left, and waits 1 s at most for running tasks to heed that. A second call does nothing. */
    @Override
    public void close() {
        if (!finished) {
            portion = null;
            work.interrupt();
            finish();
        }
    }
}
