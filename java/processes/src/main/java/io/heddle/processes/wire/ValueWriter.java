package io.heddle.processes.wire;

import io.heddle.processes.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/*
 * Layout: the length of the plain part in 4 bytes; the plain part: for each value a tag and, but for objects, what it is; the objects, one
 * stream of the codec. Values that need no codec thus cost some nanoseconds, and objects of one batch share the description of their classes.
 */
/** Values on their way into one frame. Not thread-safe. */
public final class ValueWriter {
    static final int NULL = 0;
    static final int OBJECT = 1;
    static final int INTEGER = 2;
    static final int LONG = 3;
    static final int DOUBLE = 4;
    static final int TRUE = 5;
    static final int FALSE = 6;
    static final int STRING = 7;
    static final int FLOAT = 8;
    static final int SHORT = 9;
    static final int BYTE = 10;
    static final int CHARACTER = 11;
    static final int BYTES = 12;
    static final int INTS = 13;
    static final int LONGS = 14;
    static final int DOUBLES = 15;
    static final int FLOATS = 16;
    static final int REFERENCE = 17;

    private static final int FIRST_ROOM = 8;

    private final FrameOutput frame;
    private final Format format;
    private final @Nullable References references;
    private final int begin;
    private final ObjectBytes objectBytes = new ObjectBytes();
    private Codec.@Nullable Writer objects;
    private boolean spoiled; // the codec's stream is of no use any more
    private int count;
    private int[] ends = new int[FIRST_ROOM]; // of each value: in the plain part, in the objects

    /** Values that follow what a frame has already. */
    public ValueWriter(FrameOutput frame, Format format) {
        this.frame = frame;
        this.format = format;
        this.references = format.references();
        this.begin = frame.size();
        frame.putInt(0);
    }

    /** The values written. */
    public int count() {
        return count;
    }

    /** Whether the codec wrote one of them: the other side may be unable to read it. */
    public boolean hasObjects() {
        return objectBytes.size() > 0;
    }

    /** The bytes of the frame by now, without its header. */
    public long bytes() {
        return (long) frame.size() + objectBytes.size();
    }

    /**
     * Writes a value as it is now.
     *
     * @throws IOException if it cannot be serialised; nothing of it is written then, and no more objects can be
     */
    public void write(@Nullable Object value) throws IOException {
        boolean written = false;
        try {
            put(value);
            written = true;
        } finally {
            if (!written) {
                takeBackTo(count);
            }
        }
        if (2 * count == ends.length) {
            ends = Arrays.copyOf(ends, 2 * ends.length);
        }
        ends[2 * count] = frame.size();
        ends[2 * count + 1] = objectBytes.size();
        count++;
    }

    /** Takes back the last value. No more objects can be written then. */
    public void takeBack() {
        takeBackTo(--count);
    }

    private void takeBackTo(int values) {
        frame.truncate(plainEnd(values - 1));
        objectBytes.truncate(objectEnd(values - 1));
        spoiled = true;
    }

    private int plainEnd(int value) {
        return value < 0 ? begin + Integer.BYTES : ends[2 * value];
    }

    private int objectEnd(int value) {
        return value < 0 ? 0 : ends[2 * value + 1];
    }

    /** Whether a value became the same bytes as the value of that number elsewhere. */
    public boolean isSameAs(ValueWriter other, int value) {
        return value < Math.min(count, other.count)
                && frame.hasSame(
                        plainEnd(value - 1),
                        plainEnd(value),
                        other.frame,
                        other.plainEnd(value - 1),
                        other.plainEnd(value))
                && objectBytes.hasSame(
                        objectEnd(value - 1),
                        objectEnd(value),
                        other.objectBytes,
                        other.objectEnd(value - 1),
                        other.objectEnd(value));
    }

    @SuppressWarnings("IfChainToSwitch")
    private void put(@Nullable Object value) throws IOException {
        if (value == null) {
            frame.write(NULL);
        } else if (references != null && references.standIn(value) instanceof ValueReference reference) {
            tag(REFERENCE).putLong(reference.number());
        } else if (value instanceof Integer number) { // no switch over types: its first use costs a new worker 10 ms
            tag(INTEGER).putInt(number);
        } else if (value instanceof Double number) {
            tag(DOUBLE).putLong(Double.doubleToRawLongBits(number));
        } else if (value instanceof Long number) {
            tag(LONG).putLong(number);
        } else if (value instanceof String text) {
            writeText(text);
        } else if (value instanceof Boolean truth) {
            frame.write(truth ? TRUE : FALSE);
        } else if (value instanceof Float number) {
            tag(FLOAT).putInt(Float.floatToRawIntBits(number));
        } else if (value instanceof Short number) {
            tag(SHORT).putInt(number);
        } else if (value instanceof Byte number) {
            tag(BYTE).putInt(number);
        } else if (value instanceof Character letter) {
            tag(CHARACTER).putInt(letter);
        } else if (value instanceof byte[] array) {
            tag(BYTES).putBytes(array);
        } else if (value instanceof int[] array) {
            buffer(INTS, array.length, Integer.BYTES).asIntBuffer().put(array);
        } else if (value instanceof long[] array) {
            buffer(LONGS, array.length, Long.BYTES).asLongBuffer().put(array);
        } else if (value instanceof double[] array) {
            buffer(DOUBLES, array.length, Double.BYTES).asDoubleBuffer().put(array);
        } else if (value instanceof float[] array) {
            buffer(FLOATS, array.length, Float.BYTES).asFloatBuffer().put(array);
        } else {
            writeObject(value);
        }
    }

    private FrameOutput tag(int tag) {
        frame.write(tag);
        return frame;
    }

    private void writeText(String text) throws IOException {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                writeObject(text); // UTF-8 has no form for half a pair
                return;
            }
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        tag(STRING).putVarInt(bytes.length);
        frame.write(bytes, 0, bytes.length);
    }

    private ByteBuffer buffer(int tag, int length, int elementBytes) {
        long bytes = (long) length * elementBytes;
        if (bytes > Integer.MAX_VALUE - 64) {
            throw new FrameTooLargeException(bytes, Integer.MAX_VALUE - 64);
        }
        tag(tag).putInt(length);
        byte[] room = frame.room((int) bytes);
        ByteBuffer buffer = ByteBuffer.wrap(room, frame.position(), (int) bytes).slice();
        frame.advance((int) bytes);
        return buffer;
    }

    private void writeObject(Object value) throws IOException {
        if (spoiled) {
            throw new IllegalStateException("An object before could not be written: begin another frame");
        }
        Codec.Writer writer = objects;
        if (writer == null) {
            writer = format.writer(objectBytes);
            objects = writer;
        }
        writer.write(value);
        writer.flush(); // so that what follows can be taken back
        frame.write(OBJECT);
    }

    /** Ends the values; the frame is complete then. */
    public void finish() {
        frame.putInt(begin, plainEnd(count - 1) - begin - Integer.BYTES);
        objectBytes.writeTo(frame);
    }

    /** What the codec has written. */
    private static final class ObjectBytes extends ByteArrayOutputStream {
        ObjectBytes() {
            super(0);
        }

        void truncate(int size) {
            count = size;
        }

        void writeTo(FrameOutput frame) {
            frame.write(buf, 0, count);
        }

        boolean hasSame(int from, int to, ObjectBytes other, int otherFrom, int otherTo) {
            return Arrays.equals(buf, from, to, other.buf, otherFrom, otherTo);
        }
    }
}
