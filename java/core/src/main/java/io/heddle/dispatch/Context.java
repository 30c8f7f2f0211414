package io.heddle.dispatch;

import io.heddle.topology.UsableCpus;
import org.jspecify.annotations.Nullable;

/**
 * What holds for calls made by the current thread: the innermost open configuration over the outer ones, the nesting level, and the CPUs
 * that may be used here. A stack in a thread-local: a configuration reaches the calls of the thread that opened it; a worker's tasks get a
 * context of their own.
 */
public final class Context {
    private static final ThreadLocal<@Nullable Context> CURRENT = new ThreadLocal<>();
    private static final Context ROOT = new Context(Choice.NONE, 0, 0, null);

    private final Choice choice;
    private final int level;
    private final int share;
    private final @Nullable Context outer;

    private Context(Choice choice, int level, int share, @Nullable Context outer) {
        this.choice = choice;
        this.level = level;
        this.share = share;
        this.outer = outer;
    }

    static Context current() {
        Context context = CURRENT.get();
        return context == null ? ROOT : context;
    }

    /** What the open configurations say together. */
    Choice choice() {
        return choice;
    }

    /** 0 outside any task. */
    int level() {
        return level;
    }

    /** The CPUs that calls made here may use: the worker's share inside a task, all usable ones outside. */
    int cpus() {
        return share > 0 ? share : UsableCpus.now().count();
    }

    /** The context of a worker's tasks: nothing is said there yet, and only the worker's share may be used. */
    static Context ofWorker(int level, int share) {
        return new Context(Choice.NONE, level, share, null);
    }

    /** The same context with another share, for tasks that run on the calling thread. */
    Context withShare(int cpus) {
        return new Context(choice, level, cpus, outer);
    }

    /** Makes a context the current thread's and returns the one to put back by {@link #leave}. */
    static @Nullable Context enter(Context context) {
        Context before = CURRENT.get();
        CURRENT.set(context);
        return before;
    }

    static void leave(@Nullable Context before) {
        if (before == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(before);
        }
    }

    /**
     * Opens a configuration for the current thread.
     *
     * @param choice what it says
     * @return the open configuration
     */
    public static Opened open(Choice choice) {
        Context outer = current();
        Context context = new Context(choice.or(outer.choice), outer.level, outer.share, CURRENT.get());
        CURRENT.set(context);
        return new Opened(context, Thread.currentThread());
    }

    /** An open configuration; confined to its thread. */
    public static final class Opened {
        private final Context context;
        private final Thread owner;
        private boolean open = true;

        private Opened(Context context, Thread owner) {
            this.context = context;
            this.owner = owner;
        }

        /**
         * Closes it. A second call does nothing.
         *
         * @throws IllegalStateException if another thread opened it, or if one that was opened inside it is still open
         */
        public void close() {
            if (Thread.currentThread() != owner) {
                throw new IllegalStateException("A ParallelConfig scope opened by " + owner + " was closed by "
                        + Thread.currentThread() + ": open and close it on one thread (try-with-resources)");
            }
            if (!open) {
                return;
            }
            if (CURRENT.get() != context) {
                throw new IllegalStateException(
                        "A ParallelConfig scope was closed before one that was opened inside it: close them in"
                                + " reverse order (try-with-resources)");
            }
            open = false;
            leave(context.outer);
        }
    }
}
