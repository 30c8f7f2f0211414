package io.heddle.processes.pool;

import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.SharedFunction;
import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.Unsendable;
import io.heddle.processes.wire.ValueWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A call whose tasks run on the workers of a pool: one {@link Lane} for each worker. Thread-safe. */
public final class ProcessCall implements Execution {
    private static final AtomicLong NUMBERS = new AtomicLong();

    final Work work;
    final CallSettings settings;
    final WorkerPool pool;
    final Format format;
    final ClassLoader loader;
    final boolean hasArguments;
    final AtomicLong taken = new AtomicLong();

    private final boolean ownPool;
    private final Lane[] lanes;
    private final AtomicInteger open;
    private final Function function;

    /** The user's function as bytes, and the scattered values that it refers to. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Function(byte[] bytes, @Nullable CallValues callValues, Collection<ScatteredFrame> mentioned) {
        static Function of(Work work, CallSettings settings, WorkerPool pool) throws IOException {
            CallValues values = settings.scattered().isEmpty()
                    ? null
                    : new CallValues(
                            settings.scattered(),
                            pool.format(),
                            pool.loaderNumber(work.function().classLoader()));
            CallValues.Mentioned mentioned = values == null ? null : values.mentioned();
            FrameOutput frame = new FrameOutput(FrameType.CALL);
            ValueWriter writer = new ValueWriter(
                    frame, mentioned == null ? pool.format() : pool.format().referringTo(mentioned));
            writer.write(work.function());
            writer.finish();
            return new Function(frame.payload(), values, mentioned == null ? List.of() : mentioned.frames());
        }
    }

    private ProcessCall(Work work, CallSettings settings, WorkerPool pool, boolean ownPool, Function function) {
        this.work = work;
        this.settings = settings;
        this.pool = pool;
        this.format =
                function.callValues() == null ? pool.format() : pool.format().referringTo(function.callValues());
        this.loader = work.function().classLoader();
        this.hasArguments = work.hasArguments();
        this.ownPool = ownPool;
        this.function = function;
        long most = work.size().orElse(Long.MAX_VALUE);
        this.lanes = new Lane[(int) Math.min(settings.jobs(), most)];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new Lane(this, i);
        }
        this.open = new AtomicInteger(lanes.length);
    }

    /**
     * Starts a call.
     *
     * @param ownPool whether the pool is the call's own, to be closed with it
     */
    public static Execution start(Work work, CallSettings settings, WorkerPool pool, boolean ownPool) {
        Function function;
        try {
            function = Function.of(work, settings, pool);
        } catch (Throwable e) { // the serialisation of what the user's function captures
            if (ownPool) {
                pool.close();
            }
            String kind = pool.settings().source().workerKind();
            Background.run(() -> failEach(work, kind, e));
            return () -> {};
        }
        ProcessCall call = new ProcessCall(work, settings, pool, ownPool, function);
        for (Lane lane : call.lanes) {
            lane.wantWorker();
        }
        return call;
    }

    /** No task can be sent. */
    private static void failEach(Work work, String kind, Throwable cause) {
        try {
            SharedFunction function = work.function();
            TaskTransferException failure = new TaskTransferException(
                    "The task could not be sent to a " + kind + ": " + Unsendable.describe(function, cause)
                            + ". Make it serialisable, create it inside the task, or use the backend 'threads'",
                    cause);
            for (Optional<TaskRange> range = work.take(1); range.isPresent(); range = work.take(1)) {
                for (long index = range.get().from(); index < range.get().to(); index++) {
                    work.fail(index, failure);
                }
            }
        } catch (RuntimeException | Error e) {
            work.failCall(e);
        } finally {
            work.end();
        }
    }

    /** The frame that tells a worker of this call, and its number there. */
    FrameOutput callFrame(long number, int worker, Worker to) {
        FrameOutput frame = new FrameOutput(FrameType.CALL, function.bytes().length + 64);
        frame.putLong(number)
                .putInt(pool.loaderNumber(loader))
                .putInt(settings.jobs())
                .putInt(settings.explicitInnerMaxNumThreads().orElse(0))
                .putInt(settings.mostInnerThreads().orElse(0))
                .putInt(cpus(worker, to))
                .putInt(settings.batchSize().orElse(0))
                .putLong(settings.timeLimit().map(limit -> limit.toNanos()).orElse(0L))
                .putInt(settings.nestingLevel())
                .putInt(worker)
                .putByte(settings.constraint().isPresent() ? 1 : 0) // the one that processes meet
                .putByte(hasArguments ? 1 : 0)
                .write(function.callValues() == null ? 0 : 1);
        frame.write(function.bytes(), 0, function.bytes().length);
        return frame;
    }

    /** The CPUs that are shared out; where a worker has less than its share of them, so many that its share is what it has. */
    private int cpus(int worker, Worker of) {
        int share = settings.cpus(worker);
        int has = of.cpus(share);
        return has < share ? has * settings.jobs() : settings.cpus();
    }

    /** What a frame of arguments refers to is noted here; null where nothing is scattered. */
    CallValues.@Nullable Mentioned mentioned() {
        CallValues values = function.callValues();
        return values == null ? null : values.mentioned();
    }

    /**
     * The scattered values that a worker needs for a frame of arguments.
     *
     * @throws TaskTransferException if one of them cannot be sent
     */
    Collection<ScatteredFrame> needed(CallValues.@Nullable Mentioned mentioned) {
        if (mentioned == null) {
            return List.of();
        }
        List<ScatteredFrame> all = new ArrayList<>(function.mentioned());
        all.addAll(mentioned.frames());
        int most = pool.settings().source().maxFrameBytes();
        all.forEach(each -> each.check(most, kind()));
        return all;
    }

    /** What a worker is called in messages. */
    String kind() {
        return pool.settings().source().workerKind();
    }

    static long nextNumber() {
        return NUMBERS.incrementAndGet();
    }

    WorkerPool.Place place(int worker) {
        return new WorkerPool.Place(
                settings.innerMaxNumThreads(worker),
                settings.explicitInnerMaxNumThreads().isPresent(),
                settings.cpus(worker));
    }

    /** The tasks that nobody has taken yet, as far as that is known. */
    long left() {
        return work.size().isPresent() ? work.size().getAsLong() - taken.get() : Long.MAX_VALUE;
    }

    /** For messages. */
    String timeLimit() {
        return settings.timeLimit().map(Object::toString).orElse("none");
    }

    @Nullable
    Long timeLimitNanos() {
        return settings.timeLimit().map(limit -> limit.toNanos()).orElse(null);
    }

    /** No task is left to be taken: nobody waits for a JVM that still starts. */
    void endLanesWithoutWorker() {
        for (Lane lane : lanes) {
            lane.endUnlessBegun();
        }
    }

    /** Whether a worker has come. */
    boolean hasBegun() {
        for (Lane lane : lanes) {
            if (lane.hasBegun()) {
                return true;
            }
        }
        return false;
    }

    void laneEnded() {
        if (open.decrementAndGet() == 0) {
            try {
                if (ownPool) {
                    pool.close();
                }
            } finally {
                work.end();
            }
        }
    }

    @Override
    public void cancel() {
        for (Lane lane : lanes) {
            Background.run(lane::cancel);
        }
    }
}
