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
    private final Cleaner.Cleanable forgotten;
    private LazyWork.@Nullable Batch batch;
    private @Nullable Object[] current = new @Nullable Object[0];
    private int at;
    private boolean finished;

    Results(LazyWork work) {
        this.work = work;
        this.forgotten = Forgotten.CLEANER.register(this, () -> cancel(work));
    }

    private static void cancel(LazyWork work) {
        if (!work.isEnded()) {
            work.interrupt();
            work.cancelExecution();
            Thread.startVirtualThread(work::tellEnded); // a listener must not hold up the cleaner
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
        if (at == current.length) {
            if (finished) {
                return false;
            }
            LazyWork.Batch next;
            try {
                next = work.awaitResults();
            } catch (CallFailure e) {
                finish();
                throw e;
            }
            if (next == null) {
                finish();
                return false;
            }
            batch = next;
            current = next.results();
            at = 0;
        }
        Object result = current[at];
        current[at++] = null;
        if (at == current.length && batch != null) {
            work.consumed(batch);
            batch = null;
        }
        consumer.accept(result);
        return true;
    }

    private void finish() {
        if (!finished) {
            finished = true;
            Dispatcher.finish(work);
            forgotten.clean();
        }
    }

    /** Cancels what is left, and waits 1 s at most for running tasks to heed that. A second call does nothing. */
    @Override
    public void close() {
        if (!finished) {
            at = current.length;
            work.interrupt();
            finish();
        }
    }
}
