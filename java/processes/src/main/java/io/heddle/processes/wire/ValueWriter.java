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
    private int plainBefore; // where the last value begins: in the plain part, in the objects
    private int objectsBefore;
    private int firstObject; // the number of the first value that is an object
    /** Where that one and those after it begin, in both parts, and where the last one ends. */
    private int @Nullable [] marks;

    /** Values that follow what a frame has already. */
    public ValueWriter(FrameOutput frame, Format format) {
        this.frame = frame;
        this.format = format;
        this.references = format.references();
        this.begin = frame.size();
        frame.putInt(0);
    }

    /** Whether the codec wrote one of them: the other side may be unable to read it. */
    public boolean hasObjects() {
        return objectBytes.length() > 0;
    }

    /** The bytes of the frame by now, without its header. */
    public long bytes() {
        return (long) frame.size() + objectBytes.length();
    }

    /**
     * Writes a value as it is now.
     *
     * @throws IOException if it cannot be serialised; nothing of it is written then, and no more objects can be
     */
    @SuppressWarnings("IfChainToSwitch")
    public void write(@Nullable Object value) throws IOException {
        plainBefore = frame.size();
        objectsBefore = objectBytes.length();
        try { // no switch over types: its first use costs a new worker 10 ms
            if (value == null) {
                frame.write(NULL);
            } else if (references != null && references.standIn(value) instanceof ValueReference reference) {
                tag(REFERENCE).putLong(reference.number());
            } else if (value instanceof Integer number) {
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
        } catch (Throwable e) { // user code, or no room
            takeBackTo(plainBefore, objectsBefore);
            throw e;
        }
        if (marks != null || objectsBefore < objectBytes.length()) {
            mark();
        }
        count++;
    }

    private void mark() {
        int[] known = marks;
        if (known == null) {
            known = new int[FIRST_ROOM];
            known[0] = plainBefore;
            known[1] = objectsBefore;
            firstObject = count;
        }
        int at = 2 * (count - firstObject + 1);
        if (at == known.length) {
            known = Arrays.copyOf(known, 2 * known.length);
        }
        known[at] = frame.size();
        known[at + 1] = objectBytes.length();
        marks = known;
    }

    /** Takes back the last value, once. No more objects can be written then. */
    public void takeBack() {
        count--;
        takeBackTo(plainBefore, objectsBefore);
    }

    private void takeBackTo(int plain, int inObjects) {
        frame.truncate(plain);
        objectBytes.truncate(inObjects);
        spoiled = true;
    }

    /** Whether a value became the same bytes as the value of that number elsewhere; false of those before the first object. */
    public boolean isSameAs(ValueWriter other, int value) {
        int[] own = marks;
        int[] others = other.marks;
        if (own == null
                || others == null
                || firstObject != other.firstObject
                || value < firstObject
                || value >= Math.min(count, other.count)) {
            return false;
        }
        int at = 2 * (value - firstObject);
        return frame.hasSame(own[at], own[at + 2], other.frame, others[at], others[at + 2])
                && objectBytes.hasSame(own[at + 1], own[at + 3], other.objectBytes, others[at + 1], others[at + 3]);
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
        frame.putInt(begin, frame.size() - begin - Integer.BYTES);
        objectBytes.writeTo(frame);
    }

    /** What the codec has written. */
    private static final class ObjectBytes extends ByteArrayOutputStream {
        ObjectBytes() {
            super(0);
        }

        /** Without the lock that size() takes, some nanoseconds for each value. */
        int length() {
            return count;
        }

        void truncate(int length) {
            count = length;
        }

        void writeTo(FrameOutput frame) {
            frame.write(buf, 0, count);
        }

        boolean hasSame(int from, int to, ObjectBytes other, int otherFrom, int otherTo) {
            return Arrays.equals(buf, from, to, other.buf, otherFrom, otherTo);
        }
    }
}
