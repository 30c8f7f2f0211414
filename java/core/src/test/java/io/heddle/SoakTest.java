package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import io.heddle.backend.ThreadsBackend;
import io.heddle.control.LibraryInfo;
import io.heddle.fixture.FakeOpenBlas;
import io.heddle.fixture.NativeFiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Calls of every kind with random settings, from several threads at once, disturbed in every way a user can: nothing is lost, delivered twice
 * or left behind. Ten million tasks with {@code -Dheddle.soak.tasks=10000000}; the same plan again with {@code -Dheddle.soak.seed}.
 */
class SoakTest {
    private static final long TASKS = Long.getLong("heddle.soak.tasks", 200_000);
    private static final long SEED = Long.getLong("heddle.soak.seed", System.nanoTime());
    private static final int CALLERS = 3;
    private static final int TASKS_PER_STUCK_ONE = 100_000;

    /** A bound that no working call comes near. */
    private static final Duration HANG = Duration.ofSeconds(60).plusMillis(TASKS / 5);

    private final ThreadsBackend own = new ThreadsBackend();
    private final ScheduledExecutorService disturber = Executors.newSingleThreadScheduledExecutor();
    private final AtomicLong ran = new AtomicLong();
    private final AtomicLong rounds = new AtomicLong();
    private final AtomicInteger stuckLeft = new AtomicInteger((int) Math.max(TASKS / TASKS_PER_STUCK_ONE, 2));

    @AfterEach
    void close() {
        own.close();
        disturber.shutdownNow();
    }

    @Test
    void losesNothingAndLeavesNothingBehind() throws Exception {
        if (System.getenv("HEDDLE_NATIVE_BUILD") != null) {
            FakeOpenBlas.open(NativeFiles.built("libopenblas_fake.so")); // so that there is a limit to restore
        }
        List<OptionalInt> limits = limits();
        int cpus = Parallel.usableCpus();
        String workers = Parallel.builder()
                .backend(own)
                .jobs(2)
                .build()
                .range(1, _ -> Thread.currentThread().getName())
                .getFirst()
                .replaceAll("\\d+$", "");

        List<Future<?>> callers = new ArrayList<>();
        for (int caller = 0; caller < CALLERS; caller++) {
            callers.add(
                    start(caller == 0 ? Thread.ofVirtual() : Thread.ofPlatform().daemon()));
        }
        long deadline = System.nanoTime() + HANG.toNanos();
        for (Future<?> caller : callers) {
            caller.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        own.close();
        await("no thread is left")
                .atMost(Duration.ofSeconds(20))
                .until(() -> threads(workers).isEmpty());
        await("the budget is empty")
                .until(() ->
                        Parallel.create().range(1, _ -> Parallel.usableCpus()).getFirst() == cpus);
        assertThat(Parallel.usableCpus()).isEqualTo(cpus);
        assertThat(limits()).isEqualTo(limits);
    }

    private Future<?> start(Thread.Builder builder) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        builder.name("soak-caller").start(() -> {
            long number = -1;
            try {
                while (ran.get() < TASKS && !disturber.isShutdown()) {
                    number = rounds.incrementAndGet();
                    new Round(number).run();
                }
                ended.complete(null);
            } catch (Throwable e) {
                ended.completeExceptionally(
                        new AssertionError("round " + number + " of -Dheddle.soak.seed=" + SEED + "L: " + e, e));
                disturber.shutdownNow();
            }
        });
        return ended;
    }

    private static List<OptionalInt> limits() {
        return NativeThreads.info().stream().map(LibraryInfo::threads).toList();
    }

    private static List<String> threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith(prefix))
                .toList();
    }

    private enum Kind {
        MAP,
        RANGE,
        OUTCOMES,
        LAZY_MAP,
        LAZY_FOR_EACH,
        ORDERED,
        UNORDERED,
        ASYNC,
        EXECUTOR
    }

    private enum Disturbance {
        NONE,
        ALSO_NONE,
        FAILURES,
        INTERRUPT,
        CANCEL,
        PRODUCER
    }

    private static final class Broken extends Exception {
        private static final long serialVersionUID = 1L;
        final int index;

        Broken(int index) {
            super("task " + index, null, false, false);
            this.index = index;
        }
    }

    /** One call. */
    private final class Round {
        private final SplittableRandom random;
        private final Thread caller = Thread.currentThread();
        private final Kind kind;
        private final Disturbance disturbance;
        private final int size;
        private final int retries;
        private final boolean limited;
        private final boolean stuck;
        private final int salt;
        private final Parallel parallel;
        private final String plan;
        private final AtomicIntegerArray tries;
        private final AtomicIntegerArray done;
        private boolean over; // guarded by this; the interrupt comes too late

        Round(long number) {
            random = new SplittableRandom(SEED + number);
            kind = pick(Kind.values());
            disturbance = pick(Disturbance.values());
            size = switch (random.nextInt(20)) {
                case 0 -> random.nextInt(3);
                case 1 -> random.nextInt(10_000);
                default -> random.nextInt(1 << random.nextInt(1, 12));
            };
            retries = oneIn(3) ? random.nextInt(1, 3) : 0;
            limited = oneIn(8);
            stuck = limited && size > 0 && stuckLeft.getAndDecrement() > 0;
            salt = random.nextInt();
            Parallel.Builder builder = Parallel.builder().retries(retries);
            int jobs = random.nextInt(7);
            int batch = random.nextInt(50);
            int ahead = random.nextInt(200);
            int backend = random.nextInt(8);
            if (jobs > 0) {
                builder.jobs(jobs);
            }
            if (oneIn(3)) {
                builder.batchSize(batch + 1);
            }
            if (oneIn(3)) {
                builder.preDispatch(ahead + 1);
            }
            if (limited) {
                builder.timeLimit(Duration.ofMillis(30));
            }
            switch (backend) {
                case 0 -> builder.backend("virtual-threads");
                case 1 -> builder.backend(caller.isVirtual() ? "threads" : "sequential");
                case 2 -> builder.backend("threads");
                default -> builder.backend(own);
            }
            parallel = builder.build();
            plan = kind + " of " + size + " with " + disturbance + ", jobs " + jobs + ", backend " + backend
                    + ", retries " + retries + (limited ? ", limited" : "") + (stuck ? ", stuck" : "");
            tries = new AtomicIntegerArray(size);
            done = new AtomicIntegerArray(size);
        }

        private <E> E pick(E[] values) {
            return values[random.nextInt(values.length)];
        }

        private boolean oneIn(int times) {
            return random.nextInt(times) == 0;
        }

        void run() {
            if (disturbance == Disturbance.INTERRUPT && kind != Kind.ASYNC && kind != Kind.EXECUTOR) {
                var _ = disturber.schedule(this::interruptCaller, random.nextInt(2_000), TimeUnit.MICROSECONDS);
            }
            try {
                switch (kind) {
                    case MAP -> checkAll(parallel.map(inputs(), this::task));
                    case RANGE -> checkAll(parallel.range(size, this::task));
                    case LAZY_MAP -> checkAll(parallel.map(producer(), this::task));
                    case LAZY_FOR_EACH -> {
                        parallel.forEach(producer(), index -> task(index));
                        checkEachIsDone();
                    }
                    case OUTCOMES -> checkOutcomes(parallel.outcomes(inputs(), this::task));
                    case ORDERED ->
                        consume(
                                oneIn(2)
                                        ? parallel.ordered(inputs(), this::task)
                                        : parallel.ordered(producer(), this::task));
                    case UNORDERED ->
                        consume(
                                oneIn(2)
                                        ? parallel.unordered(inputs(), this::task)
                                        : parallel.unordered(producer(), this::task));
                    case ASYNC -> async();
                    case EXECUTOR -> executor();
                }
            } catch (TaskFailedException e) {
                checkFailure((int) e.taskIndex(), e.getCause());
            } catch (CancellationException e) {
                assertThat(disturbance).as("cancelled though nobody did").isEqualTo(Disturbance.INTERRUPT);
            } catch (ParallelException e) {
                checkCallFailure(e);
            } catch (InterruptedException e) {
                throw new AssertionError(plan, e);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(plan + ": " + e, e);
            } finally {
                endOfInterrupts();
            }
            for (int index = 0; index < size && !limited; index++) {
                assertThat(done.get(index))
                        .as("%s: times that task %s was done", plan, index)
                        .isLessThanOrEqualTo(1);
            }
        }

        private synchronized void interruptCaller() {
            if (!over) {
                caller.interrupt();
            }
        }

        private synchronized void endOfInterrupts() {
            over = true;
            Thread.interrupted();
        }

        private List<Integer> inputs() {
            return IntStream.range(0, size).boxed().toList();
        }

        private Iterator<Integer> producer() {
            int breaksAt = disturbance == Disturbance.PRODUCER && size > 0 ? random.nextInt(size) : size;
            return IntStream.range(0, size)
                    .peek(index -> {
                        if (index == breaksAt) {
                            throw new IllegalStateException("producer");
                        }
                    })
                    .iterator();
        }

        // the tasks

        private int task(int index) throws Exception {
            int attempt = tries.incrementAndGet(index);
            ran.incrementAndGet();
            if (fails(index, attempt)) {
                throw new Broken(index);
            }
            if (stuck && index == size / 2 && attempt == 1) {
                awaitUninterruptibly(Duration.ofMillis(1_200));
            }
            int roll = Math.floorMod(mix(index), 2_000);
            if (roll == 0) {
                int sum = Parallel.create()
                        .range(
                                5,
                                outer -> Parallel.create()
                                        .range(3, inner -> outer * inner)
                                        .getLast())
                        .stream()
                        .mapToInt(Integer::intValue)
                        .sum();
                assertThat(sum).isEqualTo(20);
            } else if (roll < 4) {
                Thread.sleep(1);
            } else if (roll < 8 && Thread.currentThread() != caller) {
                Thread.currentThread().interrupt(); // not for the next task
            }
            done.incrementAndGet(index);
            return index ^ salt;
        }

        private boolean fails(int index, int attempt) {
            int roll = Math.floorMod(mix(index) >> 3, 400);
            return disturbance == Disturbance.FAILURES && (roll == 0 || (roll < 20 && attempt == 1));
        }

        private boolean failsForGood(int index) {
            return IntStream.rangeClosed(1, retries + 1).allMatch(attempt -> fails(index, attempt));
        }

        private int mix(int index) {
            int mixed = (index + salt) * 0x9E3779B9;
            return mixed ^ (mixed >>> 15);
        }

        // what came of them

        private void checkAll(List<Integer> results) {
            assertThat(results)
                    .isEqualTo(inputs().stream().map(index -> index ^ salt).toList());
            checkEachIsDone();
        }

        private void checkEachIsDone() {
            for (int index = 0; index < size; index++) {
                assertThat(done.get(index))
                        .as("times that task %s was done", index)
                        .isPositive();
                assertThat(tries.get(index)).as("tries of task %s", index).isLessThanOrEqualTo(1 + retries);
            }
        }

        private void checkOutcomes(List<Outcome<Integer>> outcomes) {
            assertThat(outcomes).hasSize(size);
            for (int index = 0; index < size; index++) {
                switch (outcomes.get(index)) {
                    case Outcome.Success<Integer>(Integer result) -> checkResult(index, result);
                    case Outcome.Failure<Integer>(TaskFailedException failure) ->
                        checkFailure(index, failure.getCause());
                }
            }
        }

        private void checkResult(int index, Integer result) {
            assertThat(result).isEqualTo(index ^ salt);
            assertThat(done.get(index)).isPositive();
        }

        private void checkFailure(int index, Throwable cause) {
            if (cause instanceof TimeoutException) {
                assertThat(limited).as("%s: a time limit", plan).isTrue();
            } else if (cause instanceof Broken broken) {
                assertThat(broken.index).isEqualTo(index);
                assertThat(failsForGood(index))
                        .as("%s: task %s had to fail", plan, index)
                        .isTrue();
                assertThat(tries.get(index)).isEqualTo(1 + retries);
            } else {
                fail(plan + ": task " + index + " failed of what no task throws", cause);
            }
        }

        private void checkCallFailure(ParallelException failure) {
            Throwable cause = failure.getCause();
            boolean producer =
                    disturbance == Disturbance.PRODUCER && cause.getMessage().equals("producer");
            boolean held = stuck && cause.getMessage().startsWith("Every worker is held");
            if (!producer && !held) {
                fail(plan + ": the call failed", failure);
            }
        }

        private void consume(Stream<Integer> stream) {
            int wanted = disturbance == Disturbance.CANCEL ? random.nextInt(size + 1) : Integer.MAX_VALUE;
            Set<Integer> seen = new HashSet<>();
            try (stream) {
                Iterator<Integer> results = stream.iterator();
                while (seen.size() < wanted && results.hasNext()) {
                    int index = results.next() ^ salt;
                    if (kind == Kind.ORDERED) {
                        assertThat(index).isEqualTo(seen.size());
                    }
                    assertThat(seen.add(index))
                            .as("first delivery of result %s", index)
                            .isTrue();
                    assertThat(done.get(index)).isPositive();
                }
            }
            if (wanted == Integer.MAX_VALUE) {
                assertThat(seen).hasSize(size);
                checkEachIsDone();
            }
        }

        private void async() throws InterruptedException {
            CompletableFuture<List<Integer>> future = parallel.mapAsync(inputs(), this::task);
            if (disturbance == Disturbance.CANCEL) {
                var _ = disturber.schedule(() -> future.cancel(true), random.nextInt(1_000), TimeUnit.MICROSECONDS);
            }
            try {
                checkAll(future.get(HANG.toSeconds(), TimeUnit.SECONDS));
            } catch (ExecutionException e) {
                rethrow(e.getCause());
            } catch (TimeoutException e) {
                fail("the future never ends", e);
            } catch (CancellationException e) {
                assertThat(disturbance).isEqualTo(Disturbance.CANCEL);
            }
        }

        private static void rethrow(Throwable cause) {
            if (cause instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new AssertionError(cause);
        }

        private void executor() throws InterruptedException {
            List<Future<Integer>> futures = new ArrayList<>();
            Set<Integer> cancelled = new HashSet<>();
            try (ExecutorService executor = parallel.executor()) {
                for (int index = 0; index < size; index++) {
                    int task = index;
                    futures.add(executor.submit(() -> task(task)));
                    if (disturbance == Disturbance.CANCEL && oneIn(20)) {
                        int victim = random.nextInt(futures.size());
                        if (futures.get(victim).cancel(true)) {
                            cancelled.add(victim);
                        }
                    }
                }
            }
            for (int index = 0; index < size; index++) {
                Future<Integer> future = futures.get(index);
                assertThat(future.isDone()).as("task %s is done", index).isTrue();
                switch (future.state()) {
                    case SUCCESS -> checkResult(index, future.resultNow());
                    case CANCELLED -> assertThat(cancelled).contains(index);
                    case FAILED -> {
                        if (future.exceptionNow() instanceof ParallelException failure) {
                            checkCallFailure(failure);
                        } else {
                            checkFailure(index, future.exceptionNow());
                        }
                    }
                    case RUNNING -> fail("closed while it runs");
                }
            }
        }
    }

    private static void awaitUninterruptibly(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
