package io.heddle.limit.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.internal.KnownLibraries;
import io.heddle.control.internal.LibraryRegistry;
import io.heddle.control.internal.LimitTarget;
import io.heddle.limit.AppliedLimit;
import io.heddle.limit.ThreadLimit;
import io.heddle.limit.internal.LimitSelector.Picked;
import io.heddle.topology.WorkingThreads;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
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
    private int @Nullable [] numbers; // one for each held; null if all have the same
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
        OpenLimit outer = leases.newest();
        if (outer != null && outer.known != known) {
            leases.refreshAll(known); // what was loaded since is held on when this limit closes
        }
        Picked picked = selector.pick(known);
        this.held = picked.targets();
        this.numbers = picked.numbers();
        acquire(held, numbers, 0);
        leases.push(this);
        if (threads > 1) {
            leases.checkStack(held);
        }
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
        requireThreads(threads);
        Thread current = Thread.currentThread();
        if (current.isVirtual()) {
            throw new IllegalStateException("limit(" + threads + ") was called on the virtual thread " + current
                    + ": a thread limit would stick to its carrier, reach other virtual threads and be lost at the next unmount. Do"
                    + " native work on platform threads: run it through Parallel with the threads backend, or open the limit on a"
                    + " platform thread.");
        }
        return new OpenLimit(current, selector, threads, cap);
    }

    /**
     * Refuses what is no number of native threads.
     *
     * @param threads a number that a user asks for
     * @throws IllegalArgumentException if it is below 1
     */
    public static void requireThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads = " + threads
                    + " is not a number of native threads: give 1 (no inner parallelism) or more. To leave a library alone, open no"
                    + " limit on it.");
        }
    }

    /**
     * Puts off what the first use of native functions in a process costs (tens of milliseconds), where the environment holds the limit as
     * long as nobody opens one.
     *
     * @param first to be run once, on this thread, before the first limit that the calling thread opens, and under it; null for nothing
     * @return false if the calling thread has opened a limit already: then nothing is put off
     */
    public static boolean beforeTheFirst(@Nullable Runnable first) {
        return Leases.beforeTheFirst(first);
    }

    /** Takes libraries that were just loaded under every limit that the calling thread has open. */
    public static void refreshCurrentThread() {
        if (!Thread.currentThread().isVirtual()) {
            Leases.ofCurrentThread().refreshAll(LibraryRegistry.current());
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
        return IntStream.range(0, held.length)
                .filter(i -> leases.reaches(held[i]))
                .mapToObj(i -> new AppliedLimit(
                        held[i].controller().info(),
                        number(numbers, i),
                        held[i].controller().threads()))
                .toList();
    }

    @Override
    public int countWorking(Runnable work) {
        checkUsable("countWorking(work)");
        Objects.requireNonNull(work, "work");
        int working = WorkingThreads.count(work);
        LibraryController most = null;
        int limit = 1;
        for (LimitTarget target : held) {
            if (leases.reaches(target) && (most == null || target.controller().threads() > limit)) {
                most = target.controller();
                limit = most.threads();
            }
        }
        if (most != null && working > limit) {
            Notices.moreThanLimit(most, working, limit);
        }
        return working;
    }

    private int number(int @Nullable [] of, int index) {
        return of == null ? threads : of[index];
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

    void refresh(KnownLibraries now) {
        if (now != known) {
            for (LimitTarget target : held) {
                leases.renew(target); // an OpenBLAS that was just loaded changes what its runtime may be set to
            }
            Picked wanted = selector.pick(now);
            LimitTarget[] all = Arrays.copyOf(held, held.length + wanted.targets().length);
            int[] allNumbers = wanted.numbers() == null ? null : new int[all.length];
            int count = held.length;
            if (allNumbers != null && numbers != null) {
                System.arraycopy(numbers, 0, allNumbers, 0, count);
            }
            for (int i = 0; i < wanted.targets().length; i++) {
                LimitTarget target = wanted.targets()[i];
                int at = indexOf(held, target);
                if (at >= 0) {
                    if (allNumbers != null && Objects.requireNonNull(wanted.numbers())[i] < allNumbers[at]) {
                        lower(at, allNumbers, Objects.requireNonNull(wanted.numbers())[i]);
                    }
                } else {
                    if (allNumbers != null) {
                        allNumbers[count] = Objects.requireNonNull(wanted.numbers())[i];
                    }
                    all[count++] = target;
                }
            }
            LimitTarget[] grown = Arrays.copyOf(all, count);
            int[] grownNumbers = allNumbers == null ? null : Arrays.copyOf(allNumbers, count);
            acquire(grown, grownNumbers, held.length);
            held = grown;
            numbers = grownNumbers;
            known = now;
        }
    }

    /** Another library on the same runtime was loaded, which is to have less. */
    private void lower(int at, int[] allNumbers, int threads) {
        leases.acquire(held[at], threads, cap);
        leases.release(held[at], allNumbers[at], cap);
        allNumbers[at] = threads;
        numbers = Arrays.copyOf(allNumbers, held.length); // not the selector's own
    }

    @Override
    public void close() {
        checkOwner("close()");
        if (open) {
            open = false;
            leases.remove(this);
            release(held, numbers, 0, held.length, null);
        }
    }

    private void acquire(LimitTarget[] targets, int @Nullable [] of, int from) {
        int done = from;
        try {
            for (; done < targets.length; done++) {
                leases.acquire(targets[done], number(of, done), cap);
            }
        } catch (RuntimeException | Error e) {
            release(targets, of, from, done, e);
        }
    }

    /** Releases all, whatever one of them throws, and throws the first failure, the given one before any of its own. */
    private void release(LimitTarget[] targets, int @Nullable [] of, int from, int to, @Nullable Throwable first) {
        Throwable failure = first;
        for (int i = to - 1; i >= from; i--) {
            try {
                leases.release(targets[i], number(of, i), cap);
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

    private static int indexOf(LimitTarget[] targets, LimitTarget target) {
        for (int i = 0; i < targets.length; i++) {
            if (targets[i] == target) {
                return i;
            }
        }
        return -1;
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
