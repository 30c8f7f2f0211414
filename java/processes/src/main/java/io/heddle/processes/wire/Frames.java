package io.heddle.processes.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Frames as one piece of bytes, each after its length as on a socket: for channels that carry byte arrays. Pieces put one after the other
 * are a piece again.
 */
public final class Frames {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final int MOST_BYTES = Integer.MAX_VALUE - 8;

    private Frames() {}

    /**
     * Puts frames together.
     *
     * @param maxFrameBytes the bound on each
     * @return the bytes; none for no frame
     * @throws FrameTooLargeException if one is too large, or all of them are for one array
     */
    public static byte[] join(int maxFrameBytes, FrameOutput... frames) {
        long bytes = 0;
        for (FrameOutput frame : frames) {
            frame.check(maxFrameBytes);
            bytes += frame.position();
        }
        if (bytes > MOST_BYTES) {
            throw new FrameTooLargeException(bytes, MOST_BYTES);
        }
        byte[] joined = new byte[(int) bytes];
        int at = 0;
        for (FrameOutput frame : frames) {
            System.arraycopy(frame.finished(), 0, joined, at, frame.position());
            at += frame.position();
        }
        return joined;
    }

    /**
     * Takes frames apart.
     *
     * @param joined what {@link #join} made; the frames are read from it, not copied
     * @param maxFrameBytes the bound on each
     * @return the frames in their order
     * @throws ProtocolException if they are none
     */
    public static List<FrameInput> split(byte[] joined, int maxFrameBytes) throws ProtocolException {
        List<FrameInput> frames = new ArrayList<>();
        for (int at = 0; at < joined.length; ) {
            int left = joined.length - at - Integer.BYTES;
            int length = left < 0 ? 0 : (int) INT.get(joined, at);
            checkLength(length, maxFrameBytes);
            if (length > left) {
                throw new ProtocolException("a frame of " + length + " bytes where " + left + " are left");
            }
            at += Integer.BYTES;
            frames.add(frame(joined, at, length));
            at += length;
        }
        return frames;
    }

    static FrameInput frame(byte[] bytes, int from, int length) throws ProtocolException {
        return new FrameInput(FrameType.of(bytes[from]), bytes, from + 1, from + length);
    }

    static void checkLength(int length, int maxFrameBytes) throws ProtocolException {
        if (length < 1 || length > maxFrameBytes) {
            throw new ProtocolException("a frame of " + Integer.toUnsignedString(length) + " bytes, where 1 to "
                    + maxFrameBytes + " are allowed");
        }
    }
}
