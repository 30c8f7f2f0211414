package io.heddle.processes.worker;

import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameOutput;
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
 * A result is written at once, as the next task may change it; and it is kept, for two cases: another one of its frame cannot be written,
 * which spoils the stream of the codec, or the parent cannot read one, which hides those after it.
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
    }

    /** The task that the next result belongs to, which starts now. */
    void begin(long index) {
        first = index;
        since = System.nanoTime();
    }

    /** The result of the next task. */
    void add(@Nullable Object result) {
        ValueWriter to;
        try {
            to = writer();
            to.write(result);
        } catch (Throwable e) { // user code, or too large
            discard();
            long index = first + count;
            send(System.nanoTime());
            fail(index, NOT_SENT, described(result, e));
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

    /** Sends the results of a frame each in a frame of its own. */
    void sendAgain(int wanted) throws ProtocolException {
        for (Iterator<Kept> each = kept.iterator(); each.hasNext(); ) {
            Kept found = each.next();
            if (found.sequence == wanted) {
                each.remove();
                for (int i = 0; i < found.values.length; i++) {
                    sendRange(found.first, found.values, i, i + 1, 0, true);
                }
                return;
            }
        }
        throw new ProtocolException("a wish for results that are not kept");
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
        int many = count;
        @Nullable Object[] sent = values;
        if (many > 0) {
            long runNanos = now - since;
            if (!sendOpenFrame(many, runNanos)) {
                sendRange(first, sent, 0, many, runNanos / many, false);
            }
        }
        discard();
        Arrays.fill(sent, 0, many, null);
        count = 0;
        first += many;
        since = now;
    }

    private boolean sendOpenFrame(int many, long runNanos) {
        FrameOutput to = frame;
        ValueWriter with = writer;
        if (to == null || with == null) {
            return false;
        }
        try {
            to.putInt(COUNT_AT, many);
            to.putInt(RUN_NANOS_AT, (int) (runNanos >>> Integer.SIZE));
            to.putInt(RUN_NANOS_AT + Integer.BYTES, (int) runNanos);
            with.finish();
            out.write(to);
        } catch (Throwable e) { // user code, or too large
            return false;
        }
        sent(with, first, values, 0, many);
        return true;
    }

    /** In one frame, or in as many as it takes. */
    private void sendRange(long from, @Nullable Object[] of, int low, int high, long nanosEach, boolean again) {
        ValueWriter with;
        try {
            FrameOutput to = header(again ? AGAIN : sequence, from + low, high - low, nanosEach * (high - low));
            with = new ValueWriter(to, format);
            for (int i = low; i < high; i++) {
                with.write(of[i]);
            }
            with.finish();
            out.write(to);
        } catch (Throwable e) { // user code, or too large
            if (high - low == 1) {
                fail(from + low, NOT_SENT, described(of[low], e));
            } else {
                int middle = (low + high) >>> 1;
                sendRange(from, of, low, middle, nanosEach, again);
                sendRange(from, of, middle, high, nanosEach, again);
            }
            return;
        }
        if (!again) {
            sent(with, from, of, low, high);
        }
    }

    /** With the way to what cannot be serialised. */
    private static Throwable described(@Nullable Object result, Throwable failure) {
        if (result == null || !(failure instanceof NotSerializableException)) {
            return failure;
        }
        String words = Unsendable.describe(result, failure);
        if (words.equals(failure.toString())) {
            return failure;
        }
        NotSerializableException told = new NotSerializableException(words);
        told.initCause(failure);
        return told;
    }

    private void sent(ValueWriter with, long from, @Nullable Object[] of, int low, int high) {
        if (with.hasObjects()) {
            kept.addLast(new Kept(sequence, from + low, Arrays.copyOfRange(of, low, high)));
        }
        sequence++;
    }

    private void fail(long index, int kind, Throwable failure) {
        FrameOutput to = new FrameOutput(FrameType.FAILED).putLong(callId).putLong(index);
        to.write(kind);
        out.writeFailure(FrameType.FAILED, to, failure, format);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Kept(int sequence, long first, @Nullable Object[] values) {}
}
