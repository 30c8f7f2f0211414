package io.heddle.processes.worker;

import org.jspecify.annotations.Nullable;

/*
 * An interrupt that meets a read or write closes the channel, and with it the worker. Whoever interrupts this thread (the parent's wish, a
 * timer that a task left behind) comes through interrupt(), which lets it pass while user code runs, and only then.
 */
/** The thread that runs the tasks. */
final class TaskThread extends Thread {
    /** Native LAPACK code puts its work arrays on the stack: dgesv on stacks of 1 MB crashed or solved wrongly. Reserved, not committed. */
    private static final long STACK_BYTES = 16L << 20;

    private final Object gate = new Object();
    private @Nullable Object owner; // guarded by gate: whose user code runs; null for none

    TaskThread(Runnable body) {
        super(null, body, "heddle-worker", STACK_BYTES, false);
    }

    /** From here on interrupts arrive. */
    void enterUserCode(Object whose) {
        synchronized (gate) {
            owner = whose;
        }
    }

    /** From here on none does, and none is left. Returns whose code ran. */
    @Nullable
    Object leaveUserCode() {
        Object was;
        synchronized (gate) {
            was = owner;
            owner = null;
        }
        Thread.interrupted();
        return was;
    }

    @Override
    public void interrupt() {
        synchronized (gate) {
            if (owner != null) {
                super.interrupt();
            }
        }
    }

    /** Interrupts the user code of one owner, and no other. */
    @SuppressWarnings("ReferenceEquality") // an owner is itself only
    void interruptCodeOf(Object whose) {
        synchronized (gate) {
            if (owner == whose) {
                super.interrupt();
            }
        }
    }
}
