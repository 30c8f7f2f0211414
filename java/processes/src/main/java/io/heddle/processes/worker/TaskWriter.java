package io.heddle.processes.worker;

import io.heddle.processes.wire.Failures;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameSink;
import io.heddle.processes.wire.FrameTooLargeException;
import io.heddle.processes.wire.FrameType;
import java.io.IOException;

/** Frames of the task thread. Confined to it. */
final class TaskWriter {
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

    /** Writes a frame of some type that ends in a failure; at least so much of it in words as there is room for. */
    void writeFailure(FrameType type, FrameOutput frame, Throwable failure, Format format) {
        byte[] head = frame.payload();
        Throwable refusal;
        try {
            Failures.write(frame, failure, format);
            write(frame);
            return;
        } catch (Throwable e) { // too large, or no memory
            refusal = e;
        }
        String why = refusal instanceof FrameTooLargeException
                ? String.valueOf(refusal.getMessage())
                : "to send it threw " + refusal.getClass().getName();
        for (Failures.Extent extent : Failures.Extent.values()) {
            try {
                FrameOutput again = new FrameOutput(type);
                again.write(head, 0, head.length);
                Failures.writeWords(again, failure, why, extent);
                write(again);
                return;
            } catch (Throwable e) { // as before
                refusal = e;
            }
        }
        host.broken(refusal); // out of memory for good
    }
}
