package io.heddle.processes.wire;

import io.heddle.processes.codec.Codec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Values that a {@link ValueWriter} wrote. Not thread-safe. */
public final class ValueReader {
    private final FrameInput plain;
    private final FrameInput rest;
    private final Format format;
    private final ClassLoader loader;
    private Codec.@Nullable Reader objects;

    /** The values that are the rest of a frame. */
    public ValueReader(FrameInput frame, Format format, ClassLoader loader) throws ProtocolException {
        this.plain = frame.slice(frame.getInt());
        this.rest = frame;
        this.format = format;
        this.loader = loader;
    }

    /** Whether another value follows. */
    public boolean hasNext() {
        return plain.remaining() > 0;
    }

    /**
     * Reads the next value.
     *
     * @throws ProtocolException if the bytes are no values
     * @throws IOException if an object could not be read, whatever the reason; no more objects can be read then
     * @throws ClassNotFoundException if there is no such class here; no more objects can be read then
     */
    public @Nullable Object read() throws IOException, ClassNotFoundException {
        int tag = plain.getByte();
        return switch (tag) {
            case ValueWriter.NULL -> null;
            case ValueWriter.OBJECT -> readObject();
            case ValueWriter.INTEGER -> plain.getInt();
            case ValueWriter.LONG -> plain.getLong();
            case ValueWriter.DOUBLE -> Double.longBitsToDouble(plain.getLong());
            case ValueWriter.TRUE -> true;
            case ValueWriter.FALSE -> false;
            case ValueWriter.STRING -> text(plain.getVarInt());
            case ValueWriter.FLOAT -> Float.intBitsToFloat(plain.getInt());
            case ValueWriter.SHORT -> (short) plain.getInt();
            case ValueWriter.BYTE -> (byte) plain.getInt();
            case ValueWriter.CHARACTER -> (char) plain.getInt();
            case ValueWriter.BYTES -> plain.getBytes();
            case ValueWriter.INTS -> {
                ByteBuffer from = buffer(Integer.BYTES);
                int[] array = new int[from.remaining() / Integer.BYTES];
                from.asIntBuffer().get(array);
                yield array;
            }
            case ValueWriter.LONGS -> {
                ByteBuffer from = buffer(Long.BYTES);
                long[] array = new long[from.remaining() / Long.BYTES];
                from.asLongBuffer().get(array);
                yield array;
            }
            case ValueWriter.DOUBLES -> {
                ByteBuffer from = buffer(Double.BYTES);
                double[] array = new double[from.remaining() / Double.BYTES];
                from.asDoubleBuffer().get(array);
                yield array;
            }
            case ValueWriter.FLOATS -> {
                ByteBuffer from = buffer(Float.BYTES);
                float[] array = new float[from.remaining() / Float.BYTES];
                from.asFloatBuffer().get(array);
                yield array;
            }
            case ValueWriter.REFERENCE -> referredTo(plain.getLong());
            default -> throw new ProtocolException("a value of the unknown kind " + tag);
        };
    }

    private Object referredTo(long number) throws ProtocolException {
        References references = format.references();
        if (references == null) {
            throw new ProtocolException("a reference to the value " + number + ", where none is expected");
        }
        return references.value(number);
    }

    private String text(int length) throws ProtocolException {
        plain.need(length);
        String text = new String(plain.array(), plain.position(), length, StandardCharsets.UTF_8);
        plain.advance(length);
        return text;
    }

    private ByteBuffer buffer(int elementBytes) throws ProtocolException {
        long bytes = (long) plain.getInt() * elementBytes;
        plain.need(bytes);
        ByteBuffer buffer =
                ByteBuffer.wrap(plain.array(), plain.position(), (int) bytes).slice();
        plain.advance((int) bytes);
        return buffer;
    }

    private @Nullable Object readObject() throws IOException, ClassNotFoundException {
        Codec.Reader reader = objects;
        if (reader == null) {
            reader = format.reader(rest.stream(), loader, rest.remaining());
            objects = reader;
        }
        return reader.read();
    }
}
