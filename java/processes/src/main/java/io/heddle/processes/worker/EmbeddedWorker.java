package io.heddle.processes.worker;

import io.heddle.processes.wire.FrameChannel;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A worker inside a JVM that an engine started, a Ray actor's for instance. It serves a channel on a thread of its own, and runs tasks on
 * another; both are daemons.
 *
 * <p>Classes that it does not have it asks for over the channel; those of Heddle are the JVM's own. Thread-safe.
 */
public final class EmbeddedWorker {
    private final WorkerHost host;
    private final Worker worker;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Void> served = new CompletableFuture<>();

    private EmbeddedWorker(FrameChannel channel, WorkerHost host) {
        this.host = host;
        this.worker = new Worker(channel, new Once(), true);
    }

    /**
     * Starts a worker.
     *
     * @param channel frames of the caller's and to it; once {@code host} was told of the end it is to end, too, as a thread reads from it
     * @param host told of the worker's end
     * @return the worker, which serves already
     */
    public static EmbeddedWorker start(FrameChannel channel, WorkerHost host) {
        EmbeddedWorker started = new EmbeddedWorker(channel, host);
        Thread.ofPlatform()
                .daemon()
                .name("heddle-frames")
                .inheritInheritableThreadLocals(false)
                .start(started::serve);
        return started;
    }

    private void serve() {
        try {
            worker.serve();
        } catch (IOException e) {
            Ending.connectionLost(new Once(), e);
        } catch (Throwable e) { // out of memory: a frame is lost
            new Once().broken(e);
        } finally {
            served.complete(null);
        }
    }

    /** Completed when nothing is read from the channel any more. */
    public CompletableFuture<?> onEnd() {
        return served.copy();
    }

    /** Tells the host of the first end only; the worker has stopped by then. */
    private final class Once implements WorkerHost {
        private boolean isFirst() {
            boolean first = ended.compareAndSet(false, true);
            if (first) {
                worker.stop();
            }
            return first;
        }

        @Override
        public void exit(int code) {
            if (isFirst()) {
                host.exit(code);
            }
        }

        @Override
        public void broken(Throwable why) {
            if (isFirst()) {
                host.broken(why);
            }
        }

        @Override
        public void callerGone() {
            if (isFirst()) {
                host.callerGone();
            }
        }
    }
}
