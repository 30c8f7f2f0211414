package io.heddle.limit.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.event.Events;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The open limits on one library that affect the same threads: all of the process, or one thread. The least of them holds; the last one
 * to close gives back what the first one found. A cap asks for no more than what was found; it never raises. Not thread-safe: guarded by
 * its monitor where it is the process's, confined where it is a thread's.
 */
@SuppressWarnings("ReferenceEquality") // a thread is itself only
final class Lease {
    private final LibraryController controller;
    private final boolean settingIsThreads;
    private int[] open = new int[4]; // a cap is kept as its negative
    private @Nullable Thread[] owners = new @Nullable Thread[4];
    private int count;
    private boolean exchanged;
    private int foundThreads;
    private int foundSetting;
    private int asked;
    private int inForce;
    private @Nullable LibraryInfo described; // while changes are recorded
    private boolean foreign; // the number in force is other code's

    Lease(LibraryController controller) {
        this.controller = controller;
        this.settingIsThreads = controller.settingIsThreads();
    }

    /**
     * Holds the library at a number.
     *
     * @param owner whose limit it is, where several threads share this lease; else null
     */
    void acquire(int threads, boolean cap, @Nullable Thread owner) {
        if (count > 0 && owner != null) {
            forgetTheDead();
        }
        if (count == open.length) {
            open = Arrays.copyOf(open, 2 * count);
            owners = Arrays.copyOf(owners, 2 * count);
        }
        boolean remember = count == 0 || foreign || foreignChange();
        if (remember) {
            foundThreads = count > 0 || cap || !settingIsThreads ? controller.threads() : Integer.MAX_VALUE;
        }
        owners[count] = owner;
        open[count++] = cap ? -threads : threads;
        exchanged = false;
        try {
            int least = leastAsked();
            if (remember || least != asked) {
                set(least, remember);
                if (inForce != least) {
                    Notices.notTaken(controller, least, inForce);
                }
                record(true, least);
            }
        } catch (RuntimeException | Error e) {
            owners[--count] = null;
            undo(e);
            throw e;
        }
    }

    /** After a controller that set the number and failed to tell it. */
    private void undo(Throwable failure) {
        if (!exchanged) {
            return;
        }
        try {
            if (count == 0) {
                controller.restore(foundSetting);
            } else {
                set(leastAsked(), false);
            }
        } catch (RuntimeException | Error e) {
            failure.addSuppressed(e);
        }
    }

    void release(int threads, boolean cap, @Nullable Thread owner) {
        int entry = cap ? -threads : threads;
        int at = count - 1;
        while (open[at] != entry || owners[at] != owner) {
            at--;
        }
        drop(at);
        settle();
    }

    private void drop(int at) {
        count--;
        open[at] = open[count];
        owners[at] = owners[count];
        owners[count] = null;
    }

    /** A thread that ended with its limit open cannot close it any more, and nobody else can. */
    private void forgetTheDead() {
        for (int i = count - 1; i >= 0; i--) {
            Thread owner = owners[i];
            if (owner != null && !owner.isAlive()) {
                Notices.leftOpen(controller, owner, Math.abs(open[i]));
                drop(i);
                settle();
            }
        }
    }

    /** After a limit was closed: the least of those that are left, or what was found. */
    private void settle() {
        if (foreignChange()) {
            foreign = true;
            foundThreads = controller.threads();
            inForce = foundThreads;
        } else if (count == 0 && !foreign) {
            controller.restore(foundSetting);
            record(false, foundThreads);
        } else if (!foreign && leastAsked() != asked) {
            set(leastAsked(), false);
            record(false, asked);
        }
    }

    /** Sets the library anew: what it makes of a number may have changed. */
    void renew() {
        if (count > 0 && !foreign && !foreignChange()) {
            set(leastAsked(), false);
            if (inForce != asked) {
                Notices.notTaken(controller, asked, inForce);
            }
        }
    }

    private void set(int threads, boolean remember) {
        int setting = controller.exchange(threads);
        exchanged = true;
        if (remember) {
            foundSetting = setting;
            if (settingIsThreads) {
                foundThreads = setting;
            }
        }
        asked = threads;
        inForce = controller.threads();
        foreign = false;
    }

    private void record(boolean opened, int set) {
        if (Events.limitChangesAreRecorded()) {
            tell(opened, set);
        }
    }

    private void tell(boolean opened, int set) {
        try {
            LibraryInfo library = described;
            if (library == null) {
                library = controller.info();
                described = library;
            }
            Events.limitChanged(
                    library.path().toString(),
                    library.internalApi(),
                    library.limitScope(),
                    opened,
                    set,
                    controller.threads());
        } catch (RuntimeException _) {
            return; // a library that cannot be described is limited all the same
        }
    }

    /** The least of the open limits; where only caps are open, of those and what was found. */
    private int leastAsked() {
        int limits = Integer.MAX_VALUE;
        int caps = Integer.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            if (open[i] > 0) {
                limits = Math.min(limits, open[i]);
            } else {
                caps = Math.min(caps, -open[i]);
            }
        }
        return Math.min(caps, limits < Integer.MAX_VALUE ? limits : foundThreads);
    }

    /** Whether other code set another number since Heddle did. It is theirs: it comes back when the last limit closes. */
    private boolean foreignChange() {
        int now = controller.threads();
        if (now == inForce) {
            return false;
        }
        Notices.foreignChange(controller, now, inForce);
        return true;
    }
}
