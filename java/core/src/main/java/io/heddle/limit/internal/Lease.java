package io.heddle.limit.internal;

import io.heddle.control.LibraryController;
import java.lang.System.Logger.Level;
import java.util.Arrays;

/**
 * The open limits on one library that affect the same threads: all of the process, or one thread. The least of them holds; the last one
 * to close gives back what the first one found. Not thread-safe: guarded by its monitor where it is the process's, confined where it is
 * a thread's.
 */
final class Lease {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");

    private final LibraryController controller;
    private int[] open = new int[4];
    private int count;
    private int least;
    private int found;
    private int inForce;

    Lease(LibraryController controller) {
        this.controller = controller;
    }

    int inForce() {
        return inForce;
    }

    void acquire(int threads) {
        if (count == 0) {
            found = controller.exchange(threads);
            inForce = controller.threads();
            least = threads;
        } else if (threads < least) {
            if (controller.threads() == inForce) {
                controller.exchange(threads);
            } else {
                warnForeign("it is limited to " + threads + " now and gets its own number back later");
                found = controller.exchange(threads);
            }
            inForce = controller.threads();
            least = threads;
        }
        if (count == open.length) {
            open = Arrays.copyOf(open, 2 * count);
        }
        open[count++] = threads;
    }

    void release(int threads) {
        int at = count - 1;
        while (open[at] != threads) {
            at--;
        }
        open[at] = open[--count];
        if (count == 0) {
            if (controller.threads() == inForce) {
                controller.restore(found);
            } else {
                warnForeign("that number is left alone");
            }
        } else if (threads == least) {
            least = leastOfOpen();
            if (least > threads) {
                raise();
            }
        }
    }

    private void raise() {
        int now = controller.threads();
        if (now == inForce) {
            controller.exchange(least);
            inForce = controller.threads();
        } else {
            warnForeign("that number is left alone");
            found = now;
            inForce = now;
        }
    }

    private int leastOfOpen() {
        int value = open[0];
        for (int i = 1; i < count; i++) {
            value = Math.min(value, open[i]);
        }
        return value;
    }

    private void warnForeign(String consequence) {
        LOGGER.log(
                Level.WARNING,
                "{0} was set to {1} threads by other code while Heddle held it at {2}: {3}. Set it outside a limit, or use"
                        + " NativeThreads.limit instead of the library''s own setter.",
                controller.info().path(),
                controller.threads(),
                inForce,
                consequence);
    }
}
