package io.heddle.processes.launch;

import io.heddle.IndexFunction;
import io.heddle.TaskFunction;
import io.heddle.backend.CallSettings;
import io.heddle.backend.SharedFunction;
import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import io.heddle.processes.codec.JdkCodec;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.pool.Pace;
import io.heddle.processes.pool.PoolSettings;
import io.heddle.processes.pool.ProcessCall;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.pool.WorkerPool;
import io.heddle.processes.pool.WorkerSource;
import java.io.Serializable;
import java.lang.reflect.Constructor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** What a worker does whose loading of classes is recorded: calls of each kind, with values of several kinds, a failure, the end. */
final class TrainingSession {
    private static final int TASKS = 64;
    private static final long FAILING = TASKS - 2;
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
        Callable<Integer> callable = (Callable<Integer> & Serializable) () -> TASKS;
        try (WorkerPool pool = WorkerPool.own(
                new PoolSettings(new TheOne(worker), null, JdkCodec.INSTANCE.name(), "", Long.MAX_VALUE, LONG, 0))) {
            TaskFunction<Object, Object> map = TrainingSession::task;
            IndexFunction<Object> range = TrainingSession::task;
            call(pool, function("MapFunction", map), TrainingSession::value);
            call(pool, function("RangeFunction", range), null);
            call(pool, function("CallFunction"), _ -> callable);
        }
    }

    private static void call(WorkerPool pool, SharedFunction function, @Nullable LongFunction<Object> arguments) {
        Tasks tasks = new Tasks(function, arguments);
        ProcessCall.start(tasks, SETTINGS, pool, false);
        tasks.over.join();
    }

    private static Object value(long index) {
        return index % 2 == 0 ? index : new ArrayList<>(List.of(index));
    }

    private static Object task(Object value) {
        if (value.equals(FAILING)) {
            throw new IllegalStateException("for the AOT cache");
        }
        return value;
    }

    /** What a worker is sent for a call of one kind. No call is made for it here: what is installed for calls would tell or refuse it. */
    private static SharedFunction function(String kind, Object... parts) {
        try {
            Constructor<?> constructor =
                    Class.forName("io.heddle.CallTasks$" + kind).getDeclaredConstructors()[0];
            constructor.setAccessible(true); // there is a cache in a class path only, where that may be
            return (SharedFunction) constructor.newInstance(parts);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Heddle's jars do not belong together", e);
        }
    }

    /** Workers of which there is one. */
    private record TheOne(WorkerProcess worker) implements WorkerSource {
        @Override
        public WorkerLink launch(int innerMaxNumThreads, boolean explicit, int cpus) {
            if (!worker.isAlive()) {
                throw new BrokenPoolException("The worker that is recorded has ended");
            }
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
        private final SharedFunction function;
        private final @Nullable LongFunction<Object> arguments;

        Tasks(SharedFunction function, @Nullable LongFunction<Object> arguments) {
            this.function = function;
            this.arguments = arguments;
        }

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
            return function;
        }

        @Override
        public boolean hasArguments() {
            return arguments != null;
        }

        @Override
        public @Nullable Object argument(long index) {
            return arguments == null ? null : arguments.apply(index);
        }

        @Override
        public void succeed(long index, @Nullable Object result) {}

        @Override
        public void fail(long index, Throwable failure) {
            if (index != FAILING) {
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
