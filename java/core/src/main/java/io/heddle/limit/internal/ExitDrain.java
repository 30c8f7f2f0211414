package io.heddle.limit.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.internal.LibraryRegistry;
import io.heddle.control.internal.LimitTarget;
import io.heddle.topology.WorkingThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets calls of OpenBLAS end before the JVM does. The library's destructor joins its threads, and hangs for ever when a call that uses them
 * is under way: seen at SIGTERM with eight callers of eight threads on two CPUs. So when the JVM shuts down, calls that begin from then on
 * get one thread, and those that have more are waited for as long as this process computes, {@link #LONGEST} at most. That one thread is
 * a limit like any other, which ends when nothing computes any more but another shutdown hook keeps the JVM.
 */
final class ExitDrain {
    private static final Duration LONGEST = Duration.ofSeconds(2);
    private static final Duration WINDOW = Duration.ofMillis(20);
    /** Within it the JVM has gone, or another hook has work to do. */
    private static final Duration GRACE = Duration.ofMillis(200);

    private static final String LIBRARY = "openblas";

    private static volatile boolean begun;

    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch idle = new CountDownLatch(1);

    private ExitDrain() {}

    private static final class Hook {
        static {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> new ExitDrain().run(), "heddle-exit"));
        }

        static void install() {}
    }

    /** To be called when a library is limited for the first time. */
    static void install(LibraryController controller) {
        if (isThreadedOpenBlas(controller.info())) {
            try {
                Hook.install();
            } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
                // the JVM is shutting down already
            }
        }
    }

    /** Whether the JVM shuts down. */
    static boolean begun() {
        return begun;
    }

    private static boolean isThreadedOpenBlas(LibraryInfo info) {
        return info.internalApi().equals(LIBRARY) && info.threadingLayer() != ThreadingLayer.OPENMP;
    }

    private void run() {
        begun = true;
        boolean threaded = holdThoseOfOtherThreads();
        LimitSelector selector = LimitSelector.of(ExitDrain::isThreadedOpenBlas);
        threaded |= selector.info().stream().anyMatch(info -> info.threads().orElse(1) > 1);
        if (!threaded) {
            return;
        }
        Thread.ofPlatform().name("heddle-exit-drain").daemon().start(() -> drain(selector));
        try {
            held.await(LONGEST.toNanos(), TimeUnit.NANOSECONDS);
            idle.await(LONGEST.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nobody but the owner can open a limit on these, and nobody but the owner sees the number. */
    private static boolean holdThoseOfOtherThreads() {
        boolean threaded = false;
        for (LimitTarget target : LibraryRegistry.current().targets()) {
            LibraryController controller = target.controller();
            if (target.owner() != null && isThreadedOpenBlas(controller.info()) && controller.threads() > 1) {
                controller.exchange(1);
                threaded = true;
            }
        }
        return threaded;
    }

    private void drain(LimitSelector selector) {
        try (var _ = OpenLimit.open(selector, 1, false)) {
            held.countDown();
            while (WorkingThreads.isBusy(WINDOW)) {
                // looked for a while
            }
            idle.countDown();
            Thread.sleep(GRACE);
        } catch (InterruptedException | IllegalStateException e) {
            held.countDown();
            idle.countDown(); // nobody can tell whether a call is under way
        }
    }
}
