package io.heddle.processes.launch;

import io.heddle.backend.CallSettings;
import io.heddle.backend.SharedFunction;
import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import io.heddle.processes.codec.JdkCodec;
import io.heddle.processes.pool.Pace;
import io.heddle.processes.pool.PoolSettings;
import io.heddle.processes.pool.ProcessCall;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.pool.WorkerPool;
import io.heddle.processes.pool.WorkerSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What a worker does whose loading of classes is recorded: a call with values of several kinds, a failure, the end. */
final class TrainingSession {
    private static final int TASKS = 64;
    private static final Duration LONG = Duration.ofMinutes(1);

    private static final CallSettings SETTINGS = new CallSettings(
            1,
            OptionalInt.empty(),
            OptionalInt.of(1),
            1,
            OptionalInt.empty(),
            Optional.empty(),
            1,
            Optional.empty(),
            List.of());

    private TrainingSession() {}

    /**
     * Has a worker run it.
     *
     * @throws java.util.concurrent.CompletionException if the worker does not come to its end
     */
    static void run(WorkerProcess worker) {
        Tasks tasks = new Tasks();
        try (WorkerPool pool = WorkerPool.own(
                new PoolSettings(new TheOne(worker), null, JdkCodec.INSTANCE.name(), "", Long.MAX_VALUE, LONG, 0))) {
            ProcessCall.start(tasks, SETTINGS, pool, false);
            tasks.over.join();
        }
    }

    private static @Nullable Object task(long index, @Nullable Object argument) {
        if (index == TASKS - 1) {
            throw new IllegalStateException("for the AOT cache");
        }
        return argument;
    }

    /** Workers of which there is one. */
    private record TheOne(WorkerProcess worker) implements WorkerSource {
        @Override
        public WorkerLink launch(int innerMaxNumThreads, boolean explicit, int cpus) {
            return worker;
        }

        @Override
        public Pace pace() {
            return LocalWorkers.PACE;
        }

        @Override
        public int maxFrameBytes() {
            return 1 << 20;
        }

        @Override
        public Duration startTimeout() {
            return LONG;
        }

        @Override
        public boolean workersHaveClassPath() {
            return true;
        }

        @Override
        public String workerKind() {
            return "worker process";
        }
    }

    /** The tasks of its call. */
    private static final class Tasks implements Work {
        final CompletableFuture<Void> over = new CompletableFuture<>();
        private final AtomicLong taken = new AtomicLong();

        @Override
        public OptionalLong size() {
            return OptionalLong.of(TASKS);
        }

        @Override
        public void runHere(int worker) {
            throw new IllegalStateException("these tasks are for a worker process");
        }

        @Override
        public boolean takeMayWait() {
            return false;
        }

        @Override
        public Optional<TaskRange> take(int most) {
            long from = taken.getAndAdd(most);
            return from >= TASKS ? Optional.empty() : Optional.of(new TaskRange(from, Math.min(TASKS, from + most)));
        }

        @Override
        public SharedFunction function() {
            return TrainingSession::task;
        }

        @Override
        public boolean hasArguments() {
            return true;
        }

        @Override
        public Object argument(long index) {
            return index % 2 == 0 ? index : new ArrayList<>(List.of(index));
        }

        @Override
        public void succeed(long index, @Nullable Object result) {}

        @Override
        public void fail(long index, Throwable failure) {
            if (index != TASKS - 1) {
                failCall(failure);
            }
        }

        @Override
        public boolean survivesFailures() {
            return true;
        }

        @Override
        public void failCall(Throwable failure) {
            over.completeExceptionally(failure);
        }

        @Override
        public boolean isStopped() {
            return over.isDone();
        }

        @Override
        public boolean isOver() {
            return over.isDone();
        }

        @Override
        public void end() {
            over.complete(null);
        }
    }
}
