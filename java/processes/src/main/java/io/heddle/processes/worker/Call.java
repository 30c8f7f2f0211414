package io.heddle.processes.worker;

import io.heddle.backend.CallSettings;
import io.heddle.backend.Constraint;
import io.heddle.backend.RemoteTask;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.ProtocolException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A call whose tasks run here. Read and ended by the thread that reads frames, run by the task thread, asked by any. */
final class Call implements RemoteTask {
    private final long id;
    private final int loaderId;
    private final CallSettings settings;
    private final int worker;
    private final boolean hasArguments;
    private final boolean scatters;
    private @Nullable FrameInput function; // of the task thread
    private volatile long index = -1;
    private volatile boolean ended;

    private Call(
            long id,
            int loaderId,
            CallSettings settings,
            int worker,
            boolean hasArguments,
            boolean scatters,
            FrameInput function) {
        this.id = id;
        this.loaderId = loaderId;
        this.settings = settings;
        this.worker = worker;
        this.hasArguments = hasArguments;
        this.scatters = scatters;
        this.function = function;
    }

    static Call read(FrameInput frame) throws ProtocolException {
        long id = frame.getLong();
        int loaderId = frame.getInt();
        int jobs = frame.getInt();
        int explicitInner = frame.getInt();
        int mostInner = frame.getInt();
        int cpus = frame.getInt();
        int batchSize = frame.getInt();
        long timeLimitNanos = frame.getLong();
        int nestingLevel = frame.getInt();
        int worker = frame.getInt();
        boolean separate = frame.getByte() != 0;
        boolean hasArguments = frame.getByte() != 0;
        boolean scatters = frame.getByte() != 0;
        if (jobs < 1 || cpus < 1 || worker < 0 || explicitInner < 0 || mostInner < 0 || nestingLevel < 0) {
            throw new ProtocolException("a call with settings that no call has");
        }
        CallSettings settings = new CallSettings(
                jobs,
                positive(explicitInner),
                positive(mostInner),
                cpus,
                positive(batchSize),
                timeLimitNanos > 0 ? Optional.of(Duration.ofNanos(timeLimitNanos)) : Optional.empty(),
                nestingLevel,
                separate ? Optional.of(Constraint.SEPARATE_PROCESSES) : Optional.empty(),
                List.of());
        return new Call(id, loaderId, settings, worker, hasArguments, scatters, frame);
    }

    private static OptionalInt positive(int value) {
        return value > 0 ? OptionalInt.of(value) : OptionalInt.empty();
    }

    long id() {
        return id;
    }

    /** Whether the parent wants to know when a task begins. */
    boolean isTimed() {
        return settings.timeLimit().isPresent();
    }

    int loaderId() {
        return loaderId;
    }

    CallSettings settings() {
        return settings;
    }

    int worker() {
        return worker;
    }

    boolean hasArguments() {
        return hasArguments;
    }

    /** Whether its frames may refer to scattered values. */
    boolean scatters() {
        return scatters;
    }

    /** The rest of its frame, once. */
    FrameInput takeFunction() {
        FrameInput frame = function;
        if (frame == null) {
            throw new IllegalStateException("call " + id + " has begun already");
        }
        function = null;
        return frame;
    }

    /** Its task that runs from now on; -1 for none. */
    void running(long taskIndex) {
        index = taskIndex;
    }

    @Override
    public long index() {
        return index;
    }

    /** Nobody waits for it any more. */
    void end() {
        ended = true;
    }

    boolean isEnded() {
        return ended;
    }

    @Override
    public boolean isCancelled() {
        return ended;
    }
}
