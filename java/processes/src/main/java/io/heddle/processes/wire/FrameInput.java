package io.heddle.processes.wire;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A frame that was read. Whatever it says about sizes is checked against what it has. Not thread-safe. */
public final class FrameInput {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final FrameType type;
    private final byte[] bytes;
    private final int end;
    private int at;

    /** A frame of a part of some bytes. */
    FrameInput(FrameType type, byte[] bytes, int from, int end) {
        this.type = type;
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    /** What it says. */
    public FrameType type() {
        return type;
    }

    /** The bytes not read yet. */
    public int remaining() {
        return end - at;
    }

    /** Reads a byte. */
    public int getByte() throws ProtocolException {
        need(1);
        return bytes[at++];
    }

    /** Reads a number. */
    public int getInt() throws ProtocolException {
        need(Integer.BYTES);
        int value = (int) INT.get(bytes, at);
        at += Integer.BYTES;
        return value;
    }

    /** Reads a number. */
    public long getLong() throws ProtocolException {
        need(Long.BYTES);
        long value = (long) LONG.get(bytes, at);
        at += Long.BYTES;
        return value;
    }

    /** Reads a number that {@link FrameOutput#putVarInt} wrote. */
    public int getVarInt() throws ProtocolException {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int next = getByte();
            value |= (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new ProtocolException("a number of more than 5 bytes");
    }

    /** Reads a text. */
    public @Nullable String getString() throws ProtocolException {
        int length = getInt();
        if (length == -1) {
            return null;
        }
        need(length);
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    /** Reads a text that must be there. */
    public String getText() throws ProtocolException {
        String text = getString();
        if (text == null) {
            throw new ProtocolException("no text in a " + type + " frame where one must be");
        }
        return text;
    }

    /** Reads bytes. */
    public byte[] getBytes() throws ProtocolException {
        int length = getInt();
        need(length);
        byte[] value = new byte[length];
        System.arraycopy(bytes, at, value, 0, length);
        at += length;
        return value;
    }

    /** The next bytes as a frame of their own. */
    public FrameInput slice(int length) throws ProtocolException {
        need(length);
        FrameInput slice = new FrameInput(type, bytes, at, at + length);
        at += length;
        return slice;
    }

    /** The bytes not read yet, as a stream. */
    public InputStream stream() {
        return new ByteArrayInputStream(bytes, at, end - at);
    }

    byte[] array() {
        return bytes;
    }

    int position() {
        return at;
    }

    void need(long length) throws ProtocolException {
        if (length < 0 || length > end - at) {
            throw new ProtocolException(
                    "a " + type + " frame that says " + length + " bytes follow where " + (end - at) + " are left");
        }
    }

    void advance(int by) {
        at += by;
    }
}
