package io.heddle.processes.wire;

import java.io.EOFException;
import java.io.IOException;

/** Frames to and from the other side, whole and in order. Thread-safe, but one thread reads. */
public interface FrameChannel extends FrameSink {
    /**
     * Reads the next frame; waits for it.
     *
     * @return the frame, whose bytes nobody else changes
     * @throws EOFException if no frame comes any more
     * @throws ProtocolException if what came is no frame
     * @throws IOException if none can be read, whatever the reason
     */
    FrameInput read() throws IOException;
}
