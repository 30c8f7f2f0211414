package io.heddle.processes.wire;

import java.io.IOException;

/** Frames to the other side, whole and in order. Thread-safe. */
public interface FrameSink {
    /**
     * Writes frames with nothing between them. Those of one thread arrive in the order in which it wrote them. Threads are Heddle's own, and
     * an interrupt that user code left on one must not end the channel.
     *
     * @param frames not changed afterwards
     * @throws FrameTooLargeException if the other side would refuse one; then none was written
     * @throws IOException if the channel is of no use any more
     */
    void write(FrameOutput... frames) throws IOException;

    /** The bound on a frame, its type included. */
    int maxFrameBytes();
}
