package io.heddle.processes.wire;

import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A frame that is being written. Not thread-safe; made anew for each frame. */
public final class FrameOutput extends OutputStream {
    static final int HEADER_BYTES = Integer.BYTES + 1;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int MOST_BYTES = Integer.MAX_VALUE - 8;

    private final FrameType type;
    private byte[] bytes;
    private int size = HEADER_BYTES;

    /** An empty frame. */
    public FrameOutput(FrameType type) {
        this(type, 256);
    }

    /** An empty frame with room for some bytes. */
    @SuppressWarnings("EnumOrdinal") // both sides have the same class
    public FrameOutput(FrameType type, int room) {
        this.type = type;
        bytes = new byte[HEADER_BYTES + room];
        bytes[Integer.BYTES] = (byte) type.ordinal();
    }

    /** What it is to say. */
    public FrameType type() {
        return type;
    }

    /** The bytes so far, without the header. */
    public int size() {
        return size - HEADER_BYTES;
    }

    @Override
    public void write(int value) {
        room(1);
        bytes[size++] = (byte) value;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
        room(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
    }

    /** Appends the lowest byte of a number. */
    public FrameOutput putByte(int value) {
        write(value);
        return this;
    }

    /** Appends a number. */
    public FrameOutput putInt(int value) {
        room(Integer.BYTES);
        INT.set(bytes, size, value);
        size += Integer.BYTES;
        return this;
    }

    /** Appends a number. */
    public FrameOutput putLong(long value) {
        room(Long.BYTES);
        LONG.set(bytes, size, value);
        size += Long.BYTES;
        return this;
    }

    /** Overwrites a number. */
    public void putInt(int position, int value) {
        INT.set(bytes, HEADER_BYTES + position, value);
    }

    /** Appends a number in as few bytes as it takes: 7 bits in each, the lowest first. */
    public FrameOutput putVarInt(int value) {
        room(5);
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
        return this;
    }

    /** Appends a text, or that there is none. */
    public FrameOutput putString(@Nullable String text) {
        if (text == null) {
            return putInt(-1);
        }
        return putBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Appends bytes with their number. */
    public FrameOutput putBytes(byte[] value) {
        putInt(value.length);
        write(value, 0, value.length);
        return this;
    }

    /** Makes room for some bytes and returns the array they go to, from {@link #position()} on; {@link #advance} counts them. */
    byte[] room(int more) {
        long needed = (long) size + more;
        if (needed > bytes.length) {
            if (needed > MOST_BYTES) {
                throw new FrameTooLargeException(needed, MOST_BYTES);
            }
            bytes = Arrays.copyOf(bytes, (int) Math.min(MOST_BYTES, Math.max(needed, 2L * bytes.length)));
        }
        return bytes;
    }

    int position() {
        return size;
    }

    /** Takes back what came after its first bytes, without the header. */
    void truncate(int to) {
        size = HEADER_BYTES + to;
    }

    /** Whether some bytes are the same in another frame; positions are without the header. */
    boolean hasSame(int from, int to, FrameOutput other, int otherFrom, int otherTo) {
        return Arrays.equals(
                bytes,
                HEADER_BYTES + from,
                HEADER_BYTES + to,
                other.bytes,
                HEADER_BYTES + otherFrom,
                HEADER_BYTES + otherTo);
    }

    void advance(int by) {
        size += by;
    }

    /** Refuses a frame that the other side would refuse. */
    void check(int maxFrameBytes) {
        if (size - Integer.BYTES > maxFrameBytes) {
            throw new FrameTooLargeException(size, maxFrameBytes);
        }
    }

    /** A copy of what it says, without the header. */
    public byte[] payload() {
        return Arrays.copyOfRange(bytes, HEADER_BYTES, size);
    }

    /** The frame's bytes, the header filled in; as many as {@link #position()}. */
    byte[] finished() {
        INT.set(bytes, 0, size - Integer.BYTES);
        return bytes;
    }
}
