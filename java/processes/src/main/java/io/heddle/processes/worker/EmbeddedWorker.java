package io.heddle.processes.worker;

import io.heddle.processes.wire.FrameChannel;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameSink;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A worker inside a JVM that an engine started, a Ray actor's for instance. It serves a channel on a thread of its own, or what it is
 * given by {@link #accept}, and runs tasks on another; both are daemons.
 *
 * <p>Classes that it does not have it asks for over the channel; those of Heddle are the JVM's own. Thread-safe.
 */
public final class EmbeddedWorker {
    private final WorkerHost host;
    private final Worker worker;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Void> served = new CompletableFuture<>();

    private EmbeddedWorker(FrameSink channel, WorkerHost host) {
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
                .start(() -> started.serve(channel));
        return started;
    }

    /**
     * Starts a worker that is given its frames by {@link #accept}: no thread of its own stands between them and the tasks.
     *
     * @param sink takes frames to the caller
     * @param host told of the worker's end
     * @return the worker
     */
    public static EmbeddedWorker startWithoutReader(FrameSink sink, WorkerHost host) {
        EmbeddedWorker started = new EmbeddedWorker(sink, host);
        started.worker.begin();
        return started;
    }

    /**
     * Gives a frame to a worker that reads none itself; does nothing once it has ended. Waits for nothing, runs no user code and does not
     * write. One thread at a time, in the order of the frames.
     *
     * @param frame of the caller
     */
    public void accept(FrameInput frame) {
        if (ended.get()) {
            return;
        }
        try {
            worker.accept(frame);
        } catch (Throwable e) { // a broken protocol, or no memory: a frame is lost
            new Once().broken(e);
        }
    }

    private void serve(FrameChannel channel) {
        try {
            worker.serve(channel);
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
