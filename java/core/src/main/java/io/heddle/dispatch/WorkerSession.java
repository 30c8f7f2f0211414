package io.heddle.dispatch;

import io.heddle.backend.CallSettings;
import io.heddle.backend.RemoteTask;
import io.heddle.limit.internal.LimitSelector;
import io.heddle.limit.internal.OpenLimit;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** The time that a thread is a worker of a call: the call's context and its inner limit hold. Confined to its thread. */
public final class WorkerSession implements AutoCloseable {
    private final Context context;
    private final InnerLimit inner;
    private final @Nullable Context before;
    private @Nullable OpenLimit limit; // null where the backend holds none, or the environment does
    private boolean open = true;

    private WorkerSession(Context context, InnerLimit inner, int cpus, int environmentLimit) {
        this.context = context;
        this.inner = inner;
        int threads = inner.maxNumThreads(cpus);
        if (inner.held()) {
            if (threads != environmentLimit || !OpenLimit.beforeTheFirst(new Late(threads))) {
                this.limit = openLimit(threads);
            }
        }
        this.before = Context.enter(context);
    }

    /** Opens the limit when a task is about to touch a native library. No lambda: a new worker's first one costs it milliseconds. */
    private final class Late implements Runnable {
        private final int threads;

        Late(int threads) {
            this.threads = threads;
        }

        @Override
        public void run() {
            limit = openLimit(threads);
        }
    }

    private OpenLimit openLimit(int threads) {
        return OpenLimit.open(LimitSelector.ALL, threads, !inner.explicit());
    }

    static WorkerSession open(Context context, InnerLimit inner, int cpus) {
        return new WorkerSession(context, inner, cpus, 0);
    }

    /**
     * Makes the calling thread a worker of a call that was made in another process.
     *
     * @param settings the call's settings
     * @param worker which of its workers
     * @param task what it runs; null where that is not known
     * @param environmentLimit the number that the environment of this process held its libraries to from the start; 0 for none. Where it is
     *     the limit of this call, nothing native is touched before a task does so
     * @return the open session
     */
    public static WorkerSession open(
            CallSettings settings, int worker, @Nullable RemoteTask task, int environmentLimit) {
        Integer said = settings.explicitInnerMaxNumThreads().isPresent()
                ? (Integer) settings.explicitInnerMaxNumThreads().getAsInt()
                : null;
        Integer most = settings.mostInnerThreads().isPresent()
                ? (Integer) settings.mostInnerThreads().getAsInt()
                : null;
        int cpus = settings.cpus(worker);
        Context context = Context.ofWorker(
                Choice.ofWorker(
                        said != null ? said : most, settings.constraint().orElse(null)),
                settings.nestingLevel() + 1,
                Budget.of(cpus),
                task == null ? null : new OfOtherProcess(task, worker, settings.nestingLevel()));
        return new WorkerSession(context, new InnerLimit(true, said, most), cpus, environmentLimit);
    }

    private record OfOtherProcess(RemoteTask task, int worker, int nestingLevel) implements RunningTask {
        @Override
        public long index() {
            return task.index();
        }

        @Override
        public boolean isCancelled() {
            return task.isCancelled();
        }
    }

    /** Undoes what a task left open, and takes libraries that were loaded meanwhile under the inner limit. */
    public void refresh() {
        OpenLimit now = limit;
        if (now != null) {
            closeForgotten(now); // throws on another thread, before anything is changed
        }
        Context.enter(context);
        if (now != null) {
            now.refreshOften();
        }
    }

    /** As {@link #refresh()}, with the CPUs that the worker has now: the limit follows them where the user did not say it. */
    void refresh(int cpus) {
        refresh();
        OpenLimit now = limit;
        if (now != null && !inner.explicit() && now.threads() != inner.maxNumThreads(cpus)) {
            limit = openLimit(inner.maxNumThreads(cpus)); // before the old one is closed: nothing runs without one
            now.close();
        }
    }

    private static void closeForgotten(OpenLimit limit) {
        int forgotten = limit.closeForgotten();
        if (forgotten > 0) {
            System.getLogger("io.heddle")
                    .log( // here, as to get one costs a worker process 75 ms at its first call
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
        OpenLimit last = limit;
        if (last == null) {
            open = false;
            OpenLimit.beforeTheFirst(null);
            Context.leave(before);
            return;
        }
        last.checkOwner("close()");
        open = false;
        try {
            closeForgotten(last);
        } finally {
            Context.leave(before);
            last.close();
        }
    }
}
