package io.heddle.limit.internal;

import io.heddle.control.internal.KnownLibraries;
import io.heddle.control.internal.LibraryRegistry;
import io.heddle.control.internal.LimitTarget;
import io.heddle.limit.AppliedLimit;
import io.heddle.limit.ThreadLimit;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A limit of one thread on the libraries that a selector picks. Confined to its thread. */
@SuppressWarnings("ReferenceEquality") // what is known, and each target, is one instance in the process
public final class OpenLimit implements ThreadLimit {
    private final Thread owner;
    private final LimitSelector selector;
    private final int threads;
    private final boolean cap;
    private final Leases leases;
    private KnownLibraries known;
    private LimitTarget[] held;
    private boolean open = true;

    /** The limit that this thread opened before this one; kept by {@link Leases}. */
    @Nullable
    OpenLimit below;

    private OpenLimit(Thread owner, LimitSelector selector, int threads, boolean cap) {
        this.owner = owner;
        this.selector = selector;
        this.threads = threads;
        this.cap = cap;
        this.leases = Leases.ofCurrentThread();
        this.known = LibraryRegistry.current();
        this.held = selector.targets(known);
        acquire(held, 0);
        leases.push(this);
    }

    /**
     * Opens a limit for the calling thread.
     *
     * @param selector which libraries
     * @param threads at least 1
     * @param cap whether a library that was found at a lower number keeps that
     * @return the open limit
     * @throws IllegalArgumentException if threads is below 1
     * @throws IllegalStateException if the calling thread is virtual
     */
    public static OpenLimit open(LimitSelector selector, int threads, boolean cap) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads = " + threads
                    + " is not a number of native threads: give 1 (no inner parallelism) or more. To leave a library alone, open no"
                    + " limit on it.");
        }
        Thread current = Thread.currentThread();
        if (current.isVirtual()) {
            throw new IllegalStateException("limit(" + threads + ") was called on the virtual thread " + current
                    + ": a thread limit would stick to its carrier, reach other virtual threads and be lost at the next unmount. Do"
                    + " native work on platform threads: run it through Parallel with the threads backend, or open the limit on a"
                    + " platform thread.");
        }
        return new OpenLimit(current, selector, threads, cap);
    }

    /** Takes libraries that were just loaded under every limit that the calling thread has open. */
    public static void refreshCurrentThread() {
        if (!Thread.currentThread().isVirtual()) {
            Leases.ofCurrentThread().refreshAll();
        }
    }

    /**
     * Closes limits that the calling thread opened after this one and left open.
     *
     * @return how many there were
     * @throws IllegalStateException if called by another thread, or after {@link #close()}
     */
    public int closeForgotten() {
        checkUsable("closeForgotten()");
        return leases.closeAbove(this);
    }

    @Override
    public int threads() {
        return threads;
    }

    @Override
    public List<AppliedLimit> applied() {
        checkUsable("applied()");
        return Arrays.stream(held)
                .map(target -> new AppliedLimit(
                        target.controller().info(), threads, target.controller().threads()))
                .toList();
    }

    @Override
    public void refresh() {
        checkUsable("refresh()");
        refresh(LibraryRegistry.current());
    }

    /**
     * As {@link #refresh()}, but often: a library that waits for its first use may be asked about later.
     *
     * @throws IllegalStateException if called by another thread, or after {@link #close()}
     */
    public void refreshOften() {
        checkUsable("refreshOften()");
        refresh(LibraryRegistry.recent());
    }

    private void refresh(KnownLibraries now) {
        if (now != known) {
            for (LimitTarget target : held) {
                leases.renew(target); // an OpenBLAS that was just loaded changes what its runtime may be set to
            }
            LimitTarget[] wanted = selector.targets(now);
            LimitTarget[] all = Arrays.copyOf(held, held.length + wanted.length);
            int count = held.length;
            for (LimitTarget target : wanted) {
                if (!contains(held, target)) {
                    all[count++] = target;
                }
            }
            LimitTarget[] grown = Arrays.copyOf(all, count);
            acquire(grown, held.length);
            held = grown;
            known = now;
        }
    }

    @Override
    public void close() {
        checkOwner("close()");
        if (open) {
            open = false;
            leases.remove(this);
            release(held, 0, held.length, null);
        }
    }

    private void acquire(LimitTarget[] targets, int from) {
        int done = from;
        try {
            for (; done < targets.length; done++) {
                leases.acquire(targets[done], threads, cap);
            }
        } catch (RuntimeException | Error e) {
            release(targets, from, done, e);
        }
    }

    /** Releases all, whatever one of them throws, and throws the first failure, the given one before any of its own. */
    private void release(LimitTarget[] targets, int from, int to, @Nullable Throwable first) {
        Throwable failure = first;
        for (int i = to - 1; i >= from; i--) {
            try {
                leases.release(targets[i], threads, cap);
            } catch (RuntimeException | Error e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure instanceof Error error) {
            throw error;
        } else if (failure instanceof RuntimeException exception) {
            throw exception;
        }
    }

    private static boolean contains(LimitTarget[] targets, LimitTarget target) {
        for (LimitTarget each : targets) {
            if (each == target) {
                return true;
            }
        }
        return false;
    }

    /**
     * Refuses every thread but the one that opened the limit.
     *
     * @param call the call, for the message
     * @throws IllegalStateException if called by another thread
     */
    public void checkOwner(String call) {
        if (Thread.currentThread() != owner) {
            throw wrongThread(call);
        }
    }

    private void checkUsable(String call) {
        checkOwner(call);
        if (!open) {
            throw new IllegalStateException(call + " on a limit of " + threads
                    + " threads that is closed: open a new one with NativeThreads.limit");
        }
    }

    private IllegalStateException wrongThread(String call) {
        return new IllegalStateException(
                call + " was called by " + Thread.currentThread() + " on a limit that belongs to " + owner
                        + ": a limit is opened, asked and closed by one thread (try-with-resources)");
    }

    @Override
    public String toString() {
        return "ThreadLimit[threads=" + threads + ", owner=" + owner + (open ? "]" : ", closed]");
    }
}
