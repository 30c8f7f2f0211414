package io.heddle.processes.wire;

import io.heddle.processes.codec.Codec;
import io.heddle.processes.failure.RemoteException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/*
 * A failure goes twice: in plain words (class, message, stack trace, causes), which always works, and as an object, which may not, on
 * either side.
 */
/** Failures on their way to the parent. */
public final class Failures {
    private static final int MOST_CAUSES = 50;
    private static final int MOST_FRAMES = 1024;

    /** How much of a failure is put in words. The shortest fits into the least frame that a user may ask for, whatever the failure. */
    public enum Extent {
        /** All that is read on the other side. */
        WHOLE(MOST_CAUSES, MOST_FRAMES, Integer.MAX_VALUE, Integer.MAX_VALUE),
        /** Some kilobytes. */
        LONG(MOST_CAUSES, 20, Integer.MAX_VALUE, 1000),
        /** One or two. */
        MIDDLE(3, 5, Integer.MAX_VALUE, 200),
        /** Without a stack trace. */
        SHORT(1, 0, Integer.MAX_VALUE, 200),
        /** Type and beginning of the message. */
        SHORTEST(1, 0, 180, 60);

        private final int causes;
        private final int frames;
        private final int nameChars;
        private final int messageChars;

        Extent(int causes, int frames, int nameChars, int messageChars) {
            this.causes = causes;
            this.frames = frames;
            this.nameChars = nameChars;
            this.messageChars = messageChars;
        }
    }

    private Failures() {}

    /** Writes a failure. */
    public static void write(FrameOutput frame, Throwable failure, Format format) {
        byte[] object = {};
        String why = null;
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(2048);
            Codec.Writer writer = format.writer(bytes);
            writer.write(failure);
            writer.flush();
            object = bytes.toByteArray();
        } catch (Throwable e) { // user code, or a graph too deep
            why = "it could not be serialised (" + Bounded.failure(e) + ")";
        }
        frame.putBytes(object).putString(why);
        writePlain(frame, failure, Extent.WHOLE);
    }

    /**
     * Writes a failure in plain words alone.
     *
     * @param why why it is not sent itself
     */
    public static void writeWords(FrameOutput frame, Throwable failure, String why, Extent extent) {
        frame.putBytes(new byte[0]).putString(why);
        writePlain(frame, failure, extent);
    }

    private static void writePlain(FrameOutput frame, Throwable failure, Extent extent) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        int lengthAt = frame.size();
        frame.putInt(0);
        int count = 0;
        for (Throwable each = failure; each != null && count < extent.causes && seen.add(each); each = cause(each)) {
            String message = Bounded.message(each);
            frame.putString(Bounded.cut(each.getClass().getName(), extent.nameChars))
                    .putString(message == null ? null : Bounded.cut(message, extent.messageChars));
            StackTraceElement[] stack = stackTrace(each);
            int frames = Math.min(stack.length, extent.frames);
            frame.putInt(frames);
            for (int i = 0; i < frames; i++) {
                StackTraceElement element = stack[i];
                frame.putString(element.getClassName())
                        .putString(element.getMethodName())
                        .putString(element.getFileName())
                        .putInt(element.getLineNumber());
            }
            count++;
        }
        frame.putInt(lengthAt, count);
    }

    private static StackTraceElement[] stackTrace(Throwable failure) {
        try {
            StackTraceElement[] stack = failure.getStackTrace();
            return stack == null ? new StackTraceElement[0] : stack;
        } catch (Throwable e) { // user code
            return new StackTraceElement[0];
        }
    }

    private static @Nullable Throwable cause(Throwable failure) {
        try {
            return failure.getCause();
        } catch (Throwable e) { // user code
            return null;
        }
    }

    /** Reads a failure: the original if that can be, else what stands for it. */
    public static Throwable read(FrameInput frame, Format format, ClassLoader loader) throws ProtocolException {
        byte[] object = frame.getBytes();
        String why = frame.getString();
        Throwable original = null;
        if (why == null) {
            try {
                Codec.Reader reader = format.reader(new ByteArrayInputStream(object), loader, object.length);
                original = (Throwable) reader.read();
                why = original == null ? "its class has it replaced by null (by writeReplace or readResolve)" : "";
            } catch (Throwable e) { // whatever the bytes make of it
                why = "it could not be read (" + Bounded.failure(e) + ")";
            }
        }
        Throwable substitute = readPlain(frame, why);
        return original == null ? substitute : original;
    }

    private static Throwable readPlain(FrameInput frame, String why) throws ProtocolException {
        int count = frame.getInt();
        if (count < 1 || count > MOST_CAUSES) {
            throw new ProtocolException("a failure with " + count + " causes");
        }
        RemoteException[] chain = new RemoteException[count];
        for (int i = 0; i < count; i++) {
            chain[i] = new RemoteException(frame.getText(), frame.getString(), why);
            int frames = frame.getInt();
            if (frames < 0 || frames > MOST_FRAMES) {
                throw new ProtocolException("a stack trace of " + frames + " frames");
            }
            StackTraceElement[] stack = new StackTraceElement[frames];
            for (int k = 0; k < frames; k++) {
                stack[k] = new StackTraceElement(frame.getText(), frame.getText(), frame.getString(), frame.getInt());
            }
            chain[i].setStackTrace(stack);
        }
        for (int i = count - 1; i > 0; i--) {
            chain[i - 1].initCause(chain[i]);
        }
        return chain[0];
    }
}
