package io.heddle.examples;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C in the middle of the demo. The JVM runs its shutdown hooks at once, while workers are inside native calls, and an exit
 * from there can hang in a library's destructor. So the hook interrupts the demo, which stops as any cancelled call does, and
 * waits for it; then the JVM exits with 128 + the signal's number.
 */
final class Interruption {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final CountDownLatch ended = new CountDownLatch(1);

    private Interruption() {}

    /** From now on a signal interrupts the current thread. */
    static Interruption ofCurrentThread(PrintStream messages) {
        Interruption interruption = new Interruption();
        Thread demo = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> interruption.stop(demo, messages), "demo-interruption"));
        return interruption;
    }

    /** The demo has ended, by itself or interrupted. */
    void end() {
        ended.countDown();
    }

    private void stop(Thread demo, PrintStream messages) {
        if (ended.getCount() == 0) {
            return;
        }
        demo.interrupt();
        try {
            if (!ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                messages.println(
                        "heddle demo: a native call did not end within " + PATIENCE.toSeconds() + " s; exiting in it.");
            }
        } catch (InterruptedException e) {
            messages.println("heddle demo: exiting without waiting for native calls.");
        }
    }
}
