package io.heddle.dispatch;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What holds for calls made by the current thread: the innermost open configuration over the outer ones, the nesting level, the place whose
 * CPUs may be used here, and the task that runs here. A stack in a thread-local: a configuration reaches the calls of the thread that opened
 * it; a worker's tasks get a context of their own, which keeps what binds them.
 */
public final class Context {
    private static final ThreadLocal<@Nullable Context> CURRENT = new ThreadLocal<>();
    private static final Context ROOT = new Context(Choice.NONE, false, 0, Budget.OF_PROCESS, null, null);
    private static final AtomicReference<Choice> INSTALLED = new AtomicReference<>(Choice.NONE);

    private final Choice choice;
    private final boolean whole; // the installed choice is in it, as far as it reaches here
    private final int level;
    private final Budget budget;
    private final @Nullable RunningTask task;
    private final @Nullable Context outer;

    private Context(
            Choice choice,
            boolean whole,
            int level,
            Budget budget,
            @Nullable RunningTask task,
            @Nullable Context outer) {
        this.choice = choice;
        this.whole = whole;
        this.level = level;
        this.budget = budget;
        this.task = task;
        this.outer = outer;
    }

    static Context current() {
        Context context = CURRENT.get();
        return context == null ? ROOT : context;
    }

    /**
     * The task that the current thread runs.
     *
     * @return null outside of tasks
     */
    public static @Nullable RunningTask currentTask() {
        return current().task;
    }

    /** What the open configurations say together. */
    Choice choice() {
        return whole ? choice : choice.or(INSTALLED.get());
    }

    /** 0 outside any task. */
    int level() {
        return level;
    }

    /** Whose CPUs calls made here share out: those of the process, or of a worker. */
    Budget budget() {
        return budget;
    }

    /** The task whose context this is; null outside of tasks. */
    @Nullable
    RunningTask task() {
        return task;
    }

    /** The context of a worker's tasks: only what binds them is said there. */
    static Context ofWorker(Choice inherited, int level, Budget budget, @Nullable RunningTask task) {
        return new Context(inherited, true, level, budget, task, null);
    }

    /** The same context with a share, for tasks that run on the calling thread, bound by what their call says. */
    Context onCaller(Choice ofCall, Budget share, RunningTask running) {
        return new Context(ofCall.inheritedOnCaller(choice()), true, level, share, running, outer);
    }

    /** The same context without anybody who is told of calls. */
    Context silent() {
        return new Context(choice.silent(), whole, level, budget, task, outer);
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
     * @throws IllegalArgumentException if it says another constraint than one that binds here
     */
    public static Opened open(Choice choice) {
        Context outer = current();
        Scattering scattering = Scattering.begin(choice.or(outer.choice));
        return opened(outer.with(scattering.choice()), scattering);
    }

    /**
     * Makes a choice the outermost of the process, over the one installed before.
     *
     * @param choice what it says
     * @return what takes it back
     * @throws IllegalStateException if one is installed already
     */
    public static Runnable install(Choice choice) {
        Scattering scattering = Scattering.begin(choice);
        Choice installed = scattering.choice().copy(); // so that it is told from the same one installed again
        if (!INSTALLED.compareAndSet(Choice.NONE, installed)) {
            scattering.end();
            throw new IllegalStateException(
                    "A ParallelConfig is installed for the whole JVM already: close that one first, or"
                            + " say it in one");
        }
        return () -> {
            INSTALLED.compareAndSet(installed, Choice.NONE);
            scattering.end();
        };
    }

    /**
     * What holds on the current thread, to be opened on another one.
     *
     * @return what is captured; it stays as it is when this thread's configurations are closed
     */
    public static Captured capture() {
        return new Captured(current());
    }

    /** The same inside what holds on the current thread. */
    private Context with(Choice said) {
        return new Context(said, whole, level, budget, task, CURRENT.get());
    }

    private static Opened opened(Context context, @Nullable Scattering scattering) {
        CURRENT.set(context);
        return new Opened(context, scattering, Thread.currentThread());
    }

    /** What held on a thread. Immutable. */
    public static final class Captured {
        private final Context context;

        private Captured(Context context) {
            this.context = context;
        }

        /**
         * Makes it hold on the current thread, in the place of what held there.
         *
         * @return what puts that back
         */
        public Opened open() {
            return opened(context.with(context.choice), null);
        }
    }

    /** An open configuration; confined to its thread. */
    public static final class Opened {
        private final Context context;
        private final @Nullable Scattering scattering;
        private final Thread owner;
        private boolean open = true;

        private Opened(Context context, @Nullable Scattering scattering, Thread owner) {
            this.context = context;
            this.scattering = scattering;
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
            if (scattering != null) {
                scattering.end();
            }
        }
    }
}
