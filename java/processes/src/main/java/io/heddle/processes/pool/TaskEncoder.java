package io.heddle.processes.pool;

import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameTooLargeException;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.Unsendable;
import io.heddle.processes.wire.ValueWriter;
import java.util.Collection;

/** Makes frames of a call's tasks; fails those that cannot be sent. Thread-safe. */
final class TaskEncoder {
    private static final long BATCH_BYTES = 1 << 20;
    private static final String INPUT = "input";
    private static final String FUNCTION = "function, with what it captures,";

    private final ProcessCall call;
    private final Work work;
    private final long batchBytes;

    /** Where frames go. */
    interface Sink {
        /**
         * Sends some tasks, or keeps them to be sent to another worker.
         *
         * @param needed the scattered values that they refer to
         * @throws FrameTooLargeException if they are too large for one frame; nothing was sent
         */
        void send(Collection<ScatteredFrame> needed, FrameOutput frame, TaskRange tasks);
    }

    TaskEncoder(ProcessCall call) {
        this.call = call;
        this.work = call.work;
        this.batchBytes = Math.min(
                BATCH_BYTES, call.pool.settings().source().maxFrameBytes() / 2); // the last value may be as large
    }

    /**
     * Sends a batch in as many frames as it takes.
     *
     * @param callNumber the worker's number of the call
     * @param resultsRead the frames of results that were read from it
     */
    void send(TaskRange batch, long callNumber, int resultsRead, Sink sink) {
        for (long from = batch.from(); from < batch.to(); ) {
            from = sendSome(from, batch.to(), callNumber, resultsRead, sink);
        }
    }

    /** Sends a part of a batch, or fails its first task, which cannot be sent. Returns where the rest begins. */
    private long sendSome(long from, long last, long callNumber, int resultsRead, Sink sink) {
        long end = last;
        while (true) {
            FrameOutput frame = new FrameOutput(FrameType.TASKS);
            frame.putLong(callNumber).putLong(from).putInt(0).putInt(resultsRead);
            long index = from;
            CallValues.Mentioned mentioned = call.mentioned();
            boolean made = false;
            try {
                if (call.hasArguments) {
                    ValueWriter values = new ValueWriter(
                            frame, mentioned == null ? call.format : call.format.referringTo(mentioned));
                    for (; index < end && (index == from || values.bytes() < batchBytes); index++) {
                        values.write(work.argument(index));
                    }
                    values.finish();
                } else {
                    index = end;
                }
                frame.putInt(2 * Long.BYTES, (int) (index - from));
                made = true;
                sink.send(call.needed(mentioned), frame, new TaskRange(from, index));
                return index;
            } catch (TaskTransferException e) { // of a scattered value
                if (index - from > 1) {
                    end = from + (index - from) / 2;
                    continue;
                }
                work.fail(from, e);
                return from + 1;
            } catch (FrameTooLargeException e) {
                if (index - from > 1) {
                    end = from + (index - from) / 2;
                    continue;
                }
                fail(from, made && fits(frame) ? FUNCTION : INPUT, String.valueOf(e.getMessage()), "", e);
                return from + 1;
            } catch (Throwable e) { // the serialisation of a user's object, or no memory to send what was written
                long before = Math.min(index, end - 1);
                if (call.hasArguments && before > from) {
                    end = before; // the writer is of no use any more: those before it, in another
                    continue;
                }
                Object argument = call.hasArguments ? work.argument(from) : null;
                fail(
                        from,
                        INPUT,
                        Unsendable.describe(argument == null ? "null" : argument, e),
                        ". Make it serialisable, create it inside the task, or use the backend 'threads'",
                        e);
                return from + 1;
            }
        }
    }

    /** Whether a frame is not too large itself: then that of the call is, which goes ahead of the first tasks. */
    private boolean fits(FrameOutput frame) {
        return frame.size() < call.pool.settings().source().maxFrameBytes();
    }

    private void fail(long task, String what, String why, String advice, Throwable cause) {
        work.fail(
                task,
                new TaskTransferException(
                        "The task's " + what + " could not be sent to a " + call.kind() + ": " + why + advice, cause));
    }
}
