package io.heddle.ray.actor;

import io.heddle.processes.worker.WorkerHost;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends an actor's JVM with its worker. As in a worker process even {@code halt} may hang in what native libraries do at exit, and only
 * SIGKILL ends it for sure.
 */
final class ActorEnd implements WorkerHost {
    private static final int BROKEN = 3;
    private static final long LAST_WORDS_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** An answer that was given to Ray is on its way to the caller for some milliseconds. */
    private static final long ON_THE_WAY_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private static final long EXIT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final ActorChannel channel;

    ActorEnd(ActorChannel channel) {
        this.channel = channel;
    }

    @Override
    public void exit(int code) {
        inBackground("heddle-exit", () -> {
            lastWords();
            sleep(ON_THE_WAY_NANOS);
            channel.end();
            inBackground("heddle-killer", ActorEnd::killSoon);
            System.exit(code);
        });
    }

    @Override
    public void broken(Throwable why) {
        inBackground("heddle-killer", ActorEnd::killSoon);
        try {
            System.err.println("Heddle's Ray actor ends, as it cannot go on:");
            why.printStackTrace();
        } finally {
            Runtime.getRuntime().halt(BROKEN);
        }
    }

    private void lastWords() {
        try {
            channel.drain(LAST_WORDS_NANOS);
        } catch (InterruptedException e) {
            // nobody knows this thread; it ends all the same
        }
    }

    private static void inBackground(String name, Runnable body) {
        Thread.ofPlatform()
                .daemon()
                .name(name)
                .inheritInheritableThreadLocals(false)
                .start(body);
    }

    private static void killSoon() {
        sleep(EXIT_NANOS);
        try {
            new ProcessBuilder(
                            "/bin/sh",
                            "-c",
                            "kill -9 " + ProcessHandle.current().pid())
                    .start();
        } catch (IOException | RuntimeException e) {
            // the second way follows
        }
        sleep(EXIT_NANOS);
        Runtime.getRuntime().halt(1);
    }

    private static void sleep(long nanos) {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
