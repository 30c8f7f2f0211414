package io.heddle.processes.worker;

import io.heddle.processes.wire.Bounded;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameTooLargeException;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import io.heddle.processes.wire.Unsendable;
import io.heddle.processes.wire.ValueWriter;
import java.io.NotSerializableException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * A result is written at once, as the next task may change it: what is sent is what it was then. One that cannot be written, or has no room in
 * its frame, is taken back, and the frame is sent without it. Results are kept for one case: the parent cannot read one of a frame, which hides
 * those after it. They are then sent one by one, but only those that still are what they were.
 */
/** The results of a call on their way to the parent. Confined to the task thread. */
final class Results {
    static final int TASK_THREW = 0;
    static final int NOT_SENT = 1;
    private static final int AGAIN = -1;
    private static final int COUNT_AT = 20;
    private static final int RUN_NANOS_AT = 24;
    private static final long MOST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long MOST_BYTES = 1L << 20;
    private static final int FIRST_ROOM = 16;

    private final long callId;
    private final Format format;
    private final TaskWriter out;
    private final int maxFrameBytes;
    private final ArrayDeque<Kept> kept = new ArrayDeque<>();
    private int sequence;
    private @Nullable Object[] values = new @Nullable Object[FIRST_ROOM]; // those in the frame
    private int count;
    private long first; // their first task
    private long since; // when that one started
    private @Nullable FrameOutput frame;
    private @Nullable ValueWriter writer;

    Results(long callId, Format format, TaskWriter out) {
        this.callId = callId;
        this.format = format;
        this.out = out;
        this.maxFrameBytes = out.maxFrameBytes();
    }

    /** The task that the next result belongs to, which starts now. */
    void begin(long index) {
        first = index;
        since = System.nanoTime();
    }

    /** The result of the next task. */
    void add(@Nullable Object result) {
        ValueWriter to = writer();
        Throwable refusal = refusal(to, result);
        if (count > 0 && (refusal instanceof FrameTooLargeException || refusal instanceof OutOfMemoryError)) {
            flush(); // it may have room in a frame of its own
            to = writer();
            refusal = refusal(to, result);
        }
        if (refusal != null) {
            long index = first + count;
            flush();
            discard();
            fail(index, NOT_SENT, described(result, refusal));
            begin(index + 1);
            return;
        }
        if (count == values.length) {
            values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = result;
        long now = System.nanoTime();
        if (now - since > MOST_WAIT_NANOS || to.bytes() > MOST_BYTES) {
            send(now);
        }
    }

    /** Writes a result into the open frame; returns why it is not there. */
    private @Nullable Throwable refusal(ValueWriter to, @Nullable Object result) {
        try {
            to.write(result);
            long bytes = to.bytes() + 1; // its type
            if (bytes <= maxFrameBytes) {
                return null;
            }
            to.takeBack();
            return new FrameTooLargeException(bytes, maxFrameBytes);
        } catch (Throwable e) { // user code, or too large
            return e;
        }
    }

    /** That the next task failed. */
    void failed(Throwable failure) {
        long index = first + count;
        flush();
        fail(index, TASK_THREW, failure);
        begin(index + 1);
    }

    /** Sends what is there. */
    void flush() {
        if (count > 0) {
            send(System.nanoTime());
        }
    }

    /** The parent has read so many frames: what was kept of those may go. */
    void read(int frames) {
        while (!kept.isEmpty() && kept.getFirst().sequence < frames) {
            kept.removeFirst();
        }
    }

    /**
     * Sends results of a frame each in a frame of its own.
     *
     * @param wanted the frame's number
     * @param from how many of its results the parent could read
     */
    void sendAgain(int wanted, int from) throws ProtocolException {
        for (Iterator<Kept> each = kept.iterator(); each.hasNext(); ) {
            Kept found = each.next();
            if (found.sequence == wanted && from >= 0 && from <= found.values.length) {
                each.remove();
                sendAgain(found, from);
                return;
            }
        }
        throw new ProtocolException("a wish for results that are not kept");
    }

    private void sendAgain(Kept found, int from) {
        ValueWriter now = new ValueWriter(header(AGAIN, found.first, 0, 0), format);
        try {
            for (Object value : found.values) {
                now.write(value);
            }
        } catch (Throwable e) { // user code: this one has changed, and of those after it nothing is known
        }
        for (int i = from; i < found.values.length; i++) {
            if (now.isSameAs(found.written, i)) {
                sendAlone(found.first + i, found.values[i]);
            } else {
                fail(found.first + i, NOT_SENT, changed());
            }
        }
    }

    private static Throwable changed() {
        return new IllegalStateException(
                "it went in one piece with a result that could not be read there, and a later task has changed it"
                        + " since. Give back an object of its own from each task, or choose batchSize(1)");
    }

    private void sendAlone(long index, @Nullable Object result) {
        try {
            FrameOutput to = header(AGAIN, index, 1, 0);
            ValueWriter with = new ValueWriter(to, format);
            with.write(result);
            with.finish();
            out.write(to);
        } catch (Throwable e) { // user code
            fail(index, NOT_SENT, described(result, e));
        }
    }

    private ValueWriter writer() {
        ValueWriter to = writer;
        if (to == null) {
            FrameOutput begun = header(sequence, first, 0, 0);
            to = new ValueWriter(begun, format);
            frame = begun;
            writer = to;
        }
        return to;
    }

    private void discard() {
        frame = null;
        writer = null;
    }

    private FrameOutput header(int number, long from, int many, long runNanos) {
        return new FrameOutput(FrameType.RESULTS)
                .putLong(callId)
                .putInt(number)
                .putLong(from)
                .putInt(many)
                .putLong(runNanos);
    }

    private void send(long now) {
        FrameOutput to = frame;
        ValueWriter with = writer;
        int many = count;
        if (many > 0 && to != null && with != null) {
            send(to, with, now - since);
        }
        discard();
        Arrays.fill(values, 0, many, null);
        count = 0;
        first += many;
        since = now;
    }

    private void send(FrameOutput to, ValueWriter with, long runNanos) {
        try {
            to.putInt(COUNT_AT, count);
            to.putInt(RUN_NANOS_AT, (int) (runNanos >>> Integer.SIZE));
            to.putInt(RUN_NANOS_AT + Integer.BYTES, (int) runNanos);
            with.finish();
            out.write(to);
        } catch (Throwable e) { // out of memory
            for (int i = 0; i < count; i++) {
                fail(first + i, NOT_SENT, e);
            }
            return;
        }
        if (with.hasObjects()) {
            kept.addLast(new Kept(sequence, first, Arrays.copyOf(values, count), with));
        }
        sequence++;
    }

    /** With the way to what cannot be serialised. */
    private static Throwable described(@Nullable Object result, Throwable failure) {
        if (result == null || !(failure instanceof NotSerializableException)) {
            return failure;
        }
        String words = Unsendable.describe(result, failure);
        if (words.equals(Bounded.failure(failure))) {
            return failure;
        }
        NotSerializableException told = new NotSerializableException(words);
        told.initCause(failure);
        return told;
    }

    private void fail(long index, int kind, Throwable failure) {
        FrameOutput to = new FrameOutput(FrameType.FAILED).putLong(callId).putLong(index);
        to.write(kind);
        out.writeFailure(FrameType.FAILED, to, failure, format);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Kept(int sequence, long first, @Nullable Object[] values, ValueWriter written) {}
}
