package io.heddle.dispatch;

import io.heddle.backend.CallSettings;
import io.heddle.limit.internal.LimitSelector;
import io.heddle.limit.internal.OpenLimit;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** The time that a thread is a worker of a call: the call's context and its inner limit hold. Confined to its thread. */
public final class WorkerSession implements AutoCloseable {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");

    private final Context context;
    private final OpenLimit limit;
    private final @Nullable Context before;
    private boolean open = true;

    private WorkerSession(Context context, InnerLimit inner) {
        this.context = context;
        this.limit = OpenLimit.open(LimitSelector.ALL, inner.maxNumThreads(), !inner.explicit());
        this.before = Context.enter(context);
    }

    static WorkerSession open(Context context, InnerLimit inner) {
        return new WorkerSession(context, inner);
    }

    /**
     * Makes the calling thread a worker of a call that was made in another process.
     *
     * @param settings the call's settings
     * @return the open session
     */
    public static WorkerSession open(CallSettings settings) {
        return new WorkerSession(
                Context.ofWorker(settings.nestingLevel() + 1, settings.cpusPerWorker()),
                new InnerLimit(settings.innerMaxNumThreads(), settings.innerLimitExplicit()));
    }

    /** Undoes what a task left open, and takes libraries that were loaded meanwhile under the inner limit. */
    public void refresh() {
        closeForgotten(); // throws on another thread, before anything is changed
        Context.enter(context);
        limit.refreshOften();
    }

    private void closeForgotten() {
        int forgotten = limit.closeForgotten();
        if (forgotten > 0) {
            LOGGER.log(
                    Level.WARNING,
                    "A task left {0} thread limits open; they are closed now. Open a limit by try-with-resources.",
                    forgotten);
        }
    }

    /**
     * Ends it. A second call does nothing.
     *
     * @throws IllegalStateException if another thread opened it; it stays open then
     */
    @Override
    public void close() {
        if (!open) {
            return;
        }
        limit.checkOwner("close()");
        open = false;
        try {
            closeForgotten();
        } finally {
            Context.leave(before);
            limit.close();
        }
    }
}
