package io.heddle.processes.worker;

import io.heddle.processes.failure.RemoteException;
import io.heddle.processes.wire.Failures;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameSink;
import io.heddle.processes.wire.FrameTooLargeException;
import io.heddle.processes.wire.FrameType;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Frames of the task thread. Confined to it. */
final class TaskWriter {
    private static final int MOST_MESSAGE_CHARS = 1000;

    private final FrameSink channel;
    private final Sender sender;
    private final WorkerHost host;

    TaskWriter(FrameSink channel, Sender sender, WorkerHost host) {
        this.channel = channel;
        this.sender = sender;
        this.host = host;
    }

    /**
     * Writes a frame, after the log records that are older. If the channel fails, the worker ends.
     *
     * @throws FrameTooLargeException if nothing was written
     */
    void write(FrameOutput frame) {
        TaskThread thread = (TaskThread) Thread.currentThread();
        Object owner = thread.leaveUserCode();
        try {
            sender.drain();
            channel.write(frame);
        } catch (IOException e) {
            Ending.connectionLost(host, e);
        } finally {
            if (owner != null) {
                thread.enterUserCode(owner);
            }
        }
    }

    /** The bound on a frame. */
    int maxFrameBytes() {
        return channel.maxFrameBytes();
    }

    /** Writes a frame of some type that ends in a failure; at least something that stands for it. */
    void writeFailure(FrameType type, FrameOutput frame, Throwable failure, Format format) {
        byte[] head = frame.payload();
        String why;
        try {
            Failures.write(frame, failure, format);
            write(frame);
            return;
        } catch (Throwable e) { // user code, or too large
            why = e instanceof FrameTooLargeException
                    ? "it has " + e.getMessage()
                    : "to send it threw " + e.getClass().getName();
        }
        try {
            FrameOutput again = new FrameOutput(type);
            again.write(head, 0, head.length);
            Failures.write(again, new RemoteException(failure.getClass().getName(), message(failure), why), format);
            write(again);
        } catch (Throwable e) { // out of memory for good
            host.broken(e);
        }
    }

    private static @Nullable String message(Throwable failure) {
        try {
            String message = failure.getMessage();
            return message == null || message.length() <= MOST_MESSAGE_CHARS
                    ? message
                    : message.substring(0, MOST_MESSAGE_CHARS) + "…";
        } catch (Throwable e) { // user code
            return null;
        }
    }
}
