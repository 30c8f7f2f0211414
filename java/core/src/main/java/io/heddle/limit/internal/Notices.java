package io.heddle.limit.internal;

import io.heddle.control.LibraryController;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** Warnings about limits: the first of a kind for a library is a warning, those after it go to the debug level. Thread-safe. */
final class Notices {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");
    private static final Set<String> GIVEN = ConcurrentHashMap.newKeySet();
    private static final AtomicBoolean SMALL_STACK = new AtomicBoolean();

    private Notices() {}

    private static Level level(String kind, LibraryController about) {
        // by identity, as two controllers may be equal
        return GIVEN.add(kind + " " + System.identityHashCode(about) + " "
                        + about.info().path())
                ? Level.WARNING
                : Level.DEBUG;
    }

    static void foreignChange(LibraryController controller, int now, int held) {
        if (ExitDrain.begun()) {
            return; // it may be the drain's number
        }
        LOGGER.log(
                level("foreign", controller),
                "{0} was set to {1} threads by other code, or by itself in one of its calls, while Heddle held it at {2}. That number is"
                        + " left alone until the next limit is opened, and comes back when the last one closes. Set it outside of"
                        + " limits and tasks, or by NativeThreads.limit instead of the library''s own setter.",
                controller.info().path(),
                now,
                held);
    }

    static void leftOpen(LibraryController controller, Thread thread, int threads) {
        LOGGER.log(
                Level.WARNING,
                "{0} ended and left a limit of {1} threads on {2} open; it is closed now. Open a limit by try-with-resources.",
                thread,
                threads,
                controller.info().path());
    }

    static void notTaken(LibraryController controller, int asked, int readBack) {
        LOGGER.log(
                level("not taken", controller),
                "{0} was asked for {1} threads and answers {2}: {3}.",
                controller.info().path(),
                asked,
                readBack,
                controller
                        .constraint()
                        .orElse(
                                "it cuts a number to its own maximum, or its getter does not tell what its setter did. Ask for what"
                                        + " it can have, and count by ThreadLimit.countWorking how many threads do work"));
    }

    static void smallStack(Thread thread, long stackBytes, long enoughBytes) {
        if (SMALL_STACK.compareAndSet(false, true)) {
            LOGGER.log(
                    Level.WARNING,
                    "{0} has a stack of {1} kB: multi-threaded LAPACK routines of OpenBLAS crash or give wrong results on less than {2} kB."
                            + " Call them in tasks of Parallel, whose workers have 16 MB, on a thread made with a stack size, or start the"
                            + " JVM with -Xss16m.",
                    thread,
                    stackBytes >> 10,
                    enoughBytes >> 10);
        }
    }

    static void moreThanLimit(LibraryController controller, int working, int limit) {
        LOGGER.log(
                level("more than limit", controller),
                "{0} threads worked under a limit of {1} threads, although {2} says that it holds: its getter does not tell what it does in its"
                        + " calls, or it is not the library that worked. Set its environment variable before the JVM starts, or use another"
                        + " build.",
                working,
                limit,
                controller.info().path());
    }
}
