package io.heddle.dispatch;

import io.heddle.backend.CallSettings;
import io.heddle.limit.ThreadLimit;
import io.heddle.limit.internal.LimitSelector;
import io.heddle.limit.internal.OpenLimit;
import org.jspecify.annotations.Nullable;

/** The time that a thread is a worker of a call: the call's context and its inner limit hold. Confined to its thread. */
public final class WorkerSession implements AutoCloseable {
    private final @Nullable Context before;
    private final ThreadLimit limit;

    private WorkerSession(Context context, int innerMaxNumThreads) {
        this.limit = OpenLimit.open(LimitSelector.ALL, innerMaxNumThreads);
        this.before = Context.enter(context);
    }

    static WorkerSession open(Context context, int innerMaxNumThreads) {
        return new WorkerSession(context, innerMaxNumThreads);
    }

    /**
     * Makes the calling thread a worker of a call that was made in another process.
     *
     * @param settings the call's settings
     * @return the open session
     */
    public static WorkerSession open(CallSettings settings) {
        int inner = settings.innerMaxNumThreads();
        return new WorkerSession(Context.ofWorker(settings.nestingLevel() + 1, inner), inner);
    }

    /** Takes libraries that were loaded meanwhile under the inner limit. */
    public void refresh() {
        limit.refresh();
    }

    @Override
    public void close() {
        Context.leave(before);
        limit.close();
    }
}
