package io.heddle.limit.internal;

import io.heddle.control.internal.KnownLibraries;
import io.heddle.control.internal.LimitTarget;
import io.heddle.ffi.ThreadStack;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The leases of the process, and those of one thread together with its open limits. */
@SuppressWarnings("ReferenceEquality") // a thread is itself only
final class Leases {
    private static final ThreadLocal<@Nullable Leases> OF_THREAD = new ThreadLocal<>();
    private static final ThreadLocal<@Nullable Runnable> FIRST = new ThreadLocal<>();

    /** Less crashed LAPACK routines of OpenBLAS or gave wrong solutions, 4 MB did not in any build tried. */
    private static final long ENOUGH_STACK_BYTES = 4L << 20;

    private final Thread thread = Thread.currentThread();
    private @Nullable Lease[] ofThread = new @Nullable Lease[8];
    private @Nullable OpenLimit newest;
    private boolean stackChecked;

    private Leases() {}

    static Leases ofCurrentThread() {
        Leases leases = OF_THREAD.get();
        return leases == null ? make() : leases;
    }

    private static Leases make() {
        Leases leases = new Leases();
        OF_THREAD.set(leases);
        Runnable first = FIRST.get();
        if (first != null) {
            FIRST.remove();
            first.run();
        }
        return leases;
    }

    /** What the calling thread runs before it opens its first limit; false if it has done so. */
    static boolean beforeTheFirst(@Nullable Runnable first) {
        if (OF_THREAD.get() != null) {
            return false;
        }
        if (first == null) {
            FIRST.remove();
        } else {
            FIRST.set(first);
        }
        return true;
    }

    /** Whether limits of this thread reach a target: one that has an owner is reached by the owner's only. */
    boolean reaches(LimitTarget target) {
        return target.owner() == null || target.owner() == thread;
    }

    /** The limit that this thread opened last and has not closed. */
    @Nullable
    OpenLimit newest() {
        return newest;
    }

    void acquire(LimitTarget target, int threads, boolean cap) {
        if (!reaches(target)) {
            return;
        }
        if (target.ofProcess()) {
            Lease lease = processLease(target);
            synchronized (lease) {
                lease.acquire(threads, cap, thread);
            }
        } else {
            threadLease(target).acquire(threads, cap, null);
        }
    }

    void release(LimitTarget target, int threads, boolean cap) {
        if (!reaches(target)) {
            return;
        }
        if (target.ofProcess()) {
            Lease lease = processLease(target);
            synchronized (lease) {
                lease.release(threads, cap, thread);
            }
        } else {
            threadLease(target).release(threads, cap, null);
        }
    }

    void renew(LimitTarget target) {
        if (!reaches(target)) {
            return;
        }
        if (target.ofProcess()) {
            Lease lease = processLease(target);
            synchronized (lease) {
                lease.renew();
            }
        } else {
            threadLease(target).renew();
        }
    }

    void push(OpenLimit limit) {
        limit.below = newest;
        newest = limit;
    }

    void remove(OpenLimit limit) {
        if (newest == limit) {
            newest = limit.below;
            return;
        }
        for (OpenLimit above = newest; above != null; above = above.below) {
            if (above.below == limit) {
                above.below = limit.below;
                return;
            }
        }
    }

    /** Closes what was opened after a limit and left open, the newest first; returns how many there were. */
    int closeAbove(OpenLimit limit) {
        int closed = 0;
        RuntimeException failure = null;
        for (OpenLimit above = newest; above != null && above != limit; above = newest) {
            closed++;
            try {
                above.close(); // takes it off the stack first
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return closed;
    }

    void refreshAll(KnownLibraries now) {
        for (OpenLimit limit = newest; limit != null; limit = limit.below) {
            limit.refresh(now);
        }
    }

    /** Tells once in a process of a thread whose stack is too small for what it is about to do. */
    void checkStack(LimitTarget[] targets) {
        if (stackChecked) {
            return;
        }
        for (LimitTarget target : targets) {
            if (reaches(target) && target.controller().needsLargeStack()) {
                stackChecked = true;
                ThreadStack.bytes().stream()
                        .filter(bytes -> bytes < ENOUGH_STACK_BYTES)
                        .forEach(bytes -> Notices.smallStack(thread, bytes, ENOUGH_STACK_BYTES));
                return;
            }
        }
    }

    private Lease threadLease(LimitTarget target) {
        int index = target.index();
        if (index >= ofThread.length) {
            ofThread = Arrays.copyOf(ofThread, 2 * index);
        }
        Lease lease = ofThread[index];
        if (lease == null) {
            ExitDrain.install(target.controller());
            lease = new Lease(target.controller());
            ofThread[index] = lease;
        }
        return lease;
    }

    private static Lease processLease(LimitTarget target) {
        return target.lease() instanceof Lease lease ? lease : newProcessLease(target);
    }

    private static Lease newProcessLease(LimitTarget target) {
        synchronized (target) {
            if (target.lease() instanceof Lease lease) {
                return lease;
            }
            ExitDrain.install(target.controller());
            Lease lease = new Lease(target.controller());
            target.lease(lease);
            return lease;
        }
    }
}
