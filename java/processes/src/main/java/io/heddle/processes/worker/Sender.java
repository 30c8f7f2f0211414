package io.heddle.processes.worker;

import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameSink;
import io.heddle.processes.wire.FrameTooLargeException;
import io.heddle.processes.wire.FrameType;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/*
 * User code runs on any thread, and may be interrupted on it: such a thread must not write to the channel, which would close. So what it has
 * to say is queued here, and written by a thread of our own, or by the task thread before it sends results, whichever is first.
 */
/** Frames of threads that must not write themselves. Any thread. */
final class Sender {
    private static final long MOST_RECORD_BYTES = 8L << 20;
    private static final int WARNING = 900; // java.util.logging's number

    private static volatile @Nullable Sender ofThisProcess;

    private final FrameSink channel;
    private final WorkerHost host;
    private final ReentrantLock writing = new ReentrantLock(); // keeps the order
    private final ArrayDeque<FrameOutput> frames = new ArrayDeque<>(); // guarded by this
    private long bytes; // guarded by this
    private long dropped; // guarded by this
    private @Nullable Thread thread; // guarded by this
    private @Nullable Thread atExit; // guarded by this
    private boolean stopped; // guarded by this
    private volatile boolean empty = true;

    Sender(FrameSink channel, WorkerHost host) {
        this.channel = channel;
        this.host = host;
    }

    /** Makes it the one that log records go through. */
    void serveProcess() {
        ofThisProcess = this;
    }

    static @Nullable Sender ofThisProcess() {
        return ofThisProcess;
    }

    /** Sends no more, where the process lives on without this worker. */
    @SuppressWarnings("ReferenceEquality")
    synchronized void stop() {
        stopped = true;
        notifyAll();
        if (ofThisProcess == this) {
            ofThisProcess = null;
        }
        Thread hook = atExit;
        if (hook != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // the exit has begun
            }
        }
    }

    /** Sends a frame soon. */
    synchronized void send(FrameOutput frame) {
        if (stopped) {
            return;
        }
        frames.add(frame);
        bytes += frame.size();
        empty = false;
        Thread writer = thread;
        if (writer == null) {
            writer = new Writer();
            writer.setDaemon(true);
            thread = writer;
            writer.start();
        }
        notifyAll();
    }

    /** Sends a log record soon; drops it where the parent does not keep up. */
    void sendRecord(
            String logger,
            int level,
            long epochMillis,
            String threadName,
            String message,
            @Nullable String stackTrace) {
        FrameOutput frame = new FrameOutput(FrameType.LOG, 256 + message.length())
                .putString(logger)
                .putInt(level)
                .putLong(epochMillis)
                .putString(threadName)
                .putString(message)
                .putString(stackTrace);
        synchronized (this) {
            if (bytes > MOST_RECORD_BYTES) {
                dropped++;
                return;
            }
            if (thread == null) {
                drainAtExit();
            }
            send(frame);
        }
    }

    /** Writes what is queued. Heddle's own threads, outside of user code. */
    void drain() throws IOException {
        if (empty) {
            return;
        }
        writing.lock();
        try {
            for (FrameOutput frame = next(); frame != null; frame = next()) {
                try {
                    channel.write(frame);
                } catch (FrameTooLargeException e) {
                    synchronized (this) {
                        dropped++; // only a record can be that large
                    }
                }
            }
            long lost;
            synchronized (this) {
                lost = dropped;
                dropped = 0;
            }
            if (lost > 0) {
                sendRecord(
                        "io.heddle",
                        WARNING,
                        System.currentTimeMillis(),
                        Thread.currentThread().getName(),
                        lost
                                + " log records of a worker process were dropped: they were too many for the connection, or too large",
                        null);
            }
        } finally {
            writing.unlock();
        }
    }

    private synchronized @Nullable FrameOutput next() {
        FrameOutput frame = frames.poll();
        if (frame == null) {
            empty = true;
            bytes = 0;
        } else {
            bytes -= frame.size();
        }
        return frame;
    }

    /** So that the last words before a System.exit are heard. */
    private void drainAtExit() {
        try {
            Thread hook = new Thread(null, null, "heddle-last-records", 0, false) {
                @Override
                public void run() {
                    drainOrEnd();
                }
            };
            Runtime.getRuntime().addShutdownHook(hook);
            atExit = hook;
        } catch (IllegalStateException e) {
            // the exit has begun
        }
    }

    private void drainOrEnd() {
        try {
            drain();
        } catch (IOException e) {
            Ending.connectionLost(host, e);
        }
    }

    private final class Writer extends Thread {
        Writer() {
            super(null, null, "heddle-sender", 0, false);
        }

        @Override
        public void run() {
            while (true) {
                synchronized (Sender.this) {
                    while (frames.isEmpty() && !stopped) {
                        try {
                            Sender.this.wait();
                        } catch (InterruptedException e) {
                            // by user code that interrupts whatever it finds
                        }
                    }
                    if (stopped) {
                        return;
                    }
                }
                drainOrEnd();
            }
        }
    }
}
