package io.heddle.limit.internal;

import io.heddle.control.LibraryController;
import java.lang.System.Logger.Level;
import java.util.Arrays;

/**
 * The open limits on one library that affect the same threads: all of the process, or one thread. The least of them holds; the last one
 * to close gives back what the first one found. A cap asks for no more than what was found; it never raises. Not thread-safe: guarded by
 * its monitor where it is the process's, confined where it is a thread's.
 */
final class Lease {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");

    private final LibraryController controller;
    private int[] open = new int[4]; // a cap is kept as its negative
    private int count;
    private int foundThreads;
    private int foundSetting;
    private int inForce;

    Lease(LibraryController controller) {
        this.controller = controller;
    }

    void acquire(int threads, boolean cap) {
        if (count == open.length) {
            open = Arrays.copyOf(open, 2 * count);
        }
        if (count == 0) {
            foundThreads = cap ? controller.threads() : Integer.MAX_VALUE;
            set(wanted(cap ? -threads : threads), true);
        } else {
            boolean foreign = foreignChange();
            int least = Math.min(leastOfOpen(), wanted(cap ? -threads : threads));
            if (foreign || least < inForce) {
                set(least, foreign);
            }
        }
        open[count++] = cap ? -threads : threads;
    }

    void release(int threads, boolean cap) {
        int entry = cap ? -threads : threads;
        int at = count - 1;
        while (open[at] != entry) {
            at--;
        }
        open[at] = open[--count];
        if (foreignChange()) {
            foundThreads = controller.threads();
            foundSetting = foundThreads;
            inForce = foundThreads;
        } else if (count == 0) {
            controller.restore(foundSetting);
        } else if (wanted(entry) < leastOfOpen()) {
            set(leastOfOpen(), false);
        }
    }

    private void set(int threads, boolean remember) {
        int setting = controller.exchange(threads);
        if (remember) {
            foundSetting = setting;
            if (setting > 0) {
                foundThreads = setting;
            }
        }
        inForce = controller.threads();
    }

    private int wanted(int entry) {
        return entry > 0 ? entry : Math.min(-entry, foundThreads);
    }

    private int leastOfOpen() {
        int least = wanted(open[0]);
        for (int i = 1; i < count; i++) {
            least = Math.min(least, wanted(open[i]));
        }
        return least;
    }

    /** Whether other code set another number since Heddle did. It is theirs: it comes back when the last limit closes. */
    private boolean foreignChange() {
        int now = controller.threads();
        if (now == inForce) {
            return false;
        }
        LOGGER.log(
                Level.WARNING,
                "{0} was set to {1} threads by other code while Heddle held it at {2}. That number is left alone until the next limit is"
                        + " opened, and comes back when the last one closes. Set it outside of limits and tasks, or by"
                        + " NativeThreads.limit instead of the library''s own setter.",
                controller.info().path(),
                now,
                inForce);
        return true;
    }
}
