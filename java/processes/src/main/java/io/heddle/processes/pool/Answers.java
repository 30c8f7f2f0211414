package io.heddle.processes.pool;

import io.heddle.backend.Work;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.wire.Bounded;
import io.heddle.processes.wire.Failures;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import io.heddle.processes.wire.ValueReader;

/** Delivers what the worker of a lane sends back. On the worker's reader. */
final class Answers {
    private final ProcessCall call;
    private final Work work;
    private final Lane lane;

    Answers(ProcessCall call, Lane lane) {
        this.call = call;
        this.work = call.work;
        this.lane = lane;
    }

    void results(Worker from, long callNumber, FrameInput frame) throws ProtocolException {
        int sequence = frame.getInt();
        long first = frame.getLong();
        int count = frame.getInt();
        long nanos = frame.getLong();
        boolean sentAgain = sequence < 0;
        if (!lane.has(first, count)) {
            if (sentAgain) {
                return; // it was read the first time
            }
            throw strange(first, count);
        }
        ValueReader values = new ValueReader(frame, call.format, call.loader);
        int read = 0;
        for (; read < count; read++) {
            Object value;
            try {
                value = values.read();
            } catch (ProtocolException e) {
                throw e;
            } catch (Throwable e) { // user code
                if (count == 1) {
                    work.fail(
                            first,
                            new TaskTransferException(
                                    "The task's result came back but could not be read here: " + Bounded.failure(e),
                                    e));
                    read = 1;
                } else {
                    from.send(new FrameOutput(FrameType.RESULTS_AGAIN)
                            .putLong(callNumber)
                            .putInt(sequence)
                            .putInt(read));
                }
                break;
            }
            work.succeed(first + read, value);
        }
        lane.delivered(first, first + read);
        if (!sentAgain) {
            lane.measured(sequence, count, nanos);
        }
    }

    void failed(FrameInput frame) throws ProtocolException {
        long task = frame.getLong();
        boolean ofResult = frame.getByte() != 0;
        check(task, 1);
        Throwable failure = Failures.read(frame, call.format, call.loader);
        work.fail(
                task,
                ofResult
                        ? new TaskTransferException(
                                "The task's result could not be sent back from a " + call.kind() + ": "
                                        + Bounded.failure(failure)
                                        + ". Give back something serialisable and not too large, or use the backend 'threads'",
                                failure)
                        : failure);
        lane.delivered(task, task + 1);
    }

    /** Several tasks are sent once more, each by itself. */
    void unreadable(FrameInput frame) throws ProtocolException {
        long first = frame.getLong();
        int count = frame.getInt();
        check(first, count);
        Throwable failure = Failures.read(frame, call.format, call.loader);
        if (count == 1) {
            work.fail(
                    first,
                    new TaskTransferException(
                            "The task could not be read in a " + call.kind() + ": " + Bounded.failure(failure),
                            failure));
            lane.delivered(first, first + 1);
        } else {
            lane.sendSingly(first, first + count);
        }
    }

    /** Refuses an answer for tasks that the worker does not have. */
    void check(long first, int count) throws ProtocolException {
        if (!lane.has(first, count)) {
            throw strange(first, count);
        }
    }

    private static ProtocolException strange(long first, int count) {
        return new ProtocolException(
                "an answer for " + count + " tasks from task " + first + ", which the worker does not have");
    }
}
