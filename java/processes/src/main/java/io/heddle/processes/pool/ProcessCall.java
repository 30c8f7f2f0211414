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
    private final byte[] function;

    private ProcessCall(Work work, CallSettings settings, WorkerPool pool, boolean ownPool, byte[] function) {
        this.work = work;
        this.settings = settings;
        this.pool = pool;
        this.format = pool.format();
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
        byte[] function;
        try {
            FrameOutput frame = new FrameOutput(FrameType.CALL);
            ValueWriter values = new ValueWriter(frame, pool.format());
            values.write(work.function());
            values.finish();
            function = frame.payload();
        } catch (Throwable e) { // the serialisation of what the user's function captures
            if (ownPool) {
                pool.close();
            }
            String kind = pool.settings().source().workerKind();
            Background.THREADS.execute(() -> failEach(work, kind, e));
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
    FrameOutput callFrame(long number, int worker) {
        FrameOutput frame = new FrameOutput(FrameType.CALL, function.length + 64);
        frame.putLong(number)
                .putInt(CallerClasses.number(loader, pool.settings().source().workersHaveClassPath()))
                .putInt(settings.jobs())
                .putInt(settings.explicitInnerMaxNumThreads().orElse(0))
                .putInt(settings.mostInnerThreads().orElse(0))
                .putInt(settings.cpus())
                .putInt(settings.batchSize().orElse(0))
                .putLong(settings.timeLimit().map(limit -> limit.toNanos()).orElse(0L))
                .putInt(settings.nestingLevel())
                .putInt(worker)
                .putByte(settings.constraint().isPresent() ? 1 : 0) // the one that processes meet
                .write(hasArguments ? 1 : 0);
        frame.write(function, 0, function.length);
        return frame;
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
            Background.THREADS.execute(lane::cancel);
        }
    }
}
