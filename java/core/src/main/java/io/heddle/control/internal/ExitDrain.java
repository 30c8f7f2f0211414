package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LimitScope;
import io.heddle.topology.WorkingThreads;
import java.time.Duration;

/**
 * Lets calls of OpenBLAS end before the JVM does. The library's destructor joins its threads, and hangs for ever when a call that uses them
 * is under way: seen at SIGTERM with eight callers of eight threads on two CPUs. So when the JVM shuts down, calls that begin from then on
 * get one thread, and those that have more are waited for as long as this process computes, {@link #LONGEST} at most.
 */
final class ExitDrain {
    private static final Duration LONGEST = Duration.ofSeconds(1);
    private static final Duration WINDOW = Duration.ofMillis(50);

    private ExitDrain() {}

    private static final class Hook {
        static {
            Runtime.getRuntime().addShutdownHook(new Thread(ExitDrain::drain, "heddle-exit-drain"));
        }

        static void install() {}
    }

    /** To be called when an OpenBLAS with threads of its own is found. */
    static void install() {
        try {
            Hook.install();
        } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
            // the JVM is shutting down already
        }
    }

    private static void drain() {
        boolean threaded = false;
        for (LibraryController controller : LibraryRegistry.found()) {
            if (isOpenBlasWithThreads(controller) && controller.threads() > 1) {
                controller.exchange(1);
                threaded = true;
            }
        }
        try {
            long start = System.nanoTime();
            while (threaded && System.nanoTime() - start < LONGEST.toNanos()) {
                threaded = WorkingThreads.isBusy(WINDOW);
            }
        } catch (InterruptedException | IllegalStateException e) {
            // nobody can tell whether a call is under way
        }
    }

    private static boolean isOpenBlasWithThreads(LibraryController controller) {
        return controller instanceof PrivateController
                || (controller instanceof OpenBlasController && controller.limitScope() == LimitScope.PROCESS);
    }
}
