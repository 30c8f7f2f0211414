package io.heddle.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.heddle.CallStatus;
import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.ParallelException;
import io.heddle.ParallelListener;
import io.heddle.TaskFailedException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every backend must do; one that holds inner limits extends {@link InnerLimitContract}. A module that brings a backend extends this class in its tests; the tasks capture nothing that could not be
 * sent to another process, and what they observe comes back as their result.
 */
@Timeout(60)
@ExtendWith(ContractRecord.class)
public abstract class BackendContract extends ScatterContract {
    /** A bound that no working backend comes near; a test that reaches it hangs. */
    private static final Duration HANG = Duration.ofSeconds(30);

    final Parallel parallel(int jobs) {
        return Parallel.builder().backend(backend()).jobs(jobs).build();
    }

    @Test
    @InArea(Area.ORDER)
    void deliversEachResultOnceInTheOrderOfTheInputs() {
        List<Integer> inputs = IntStream.range(0, 10_007).boxed().toList();
        List<Integer> results = parallel(3).map(inputs, input -> input * 2);
        assertThat(results).isEqualTo(inputs.stream().map(input -> input * 2).toList());
    }

    @Test
    @InArea(Area.ORDER)
    void keepsTheOrderWhenTasksTakeUnevenTime() {
        List<Integer> results = parallel(2).range(60, index -> {
            spin(index % 7 == 0 ? 200_000 : 10);
            return index;
        });
        assertThat(results)
                .containsExactlyElementsOf(IntStream.range(0, 60).boxed().toList());
    }

    @Test
    @InArea(Area.RESULTS)
    void deliversNullForNull() {
        assertThat(parallel(2).map(Arrays.asList("a", null, "c"), input -> input))
                .containsExactly("a", null, "c");
    }

    @Test
    @InArea(Area.RESULTS)
    void runsNothingForNoInputs() {
        assertThat(parallel(2).map(List.<String>of(), input -> input)).isEmpty();
    }

    @Test
    @InArea(Area.RESULTS)
    void runsOneTaskOnManyWorkers() {
        assertThat(parallel(4).range(1, index -> "only " + index)).containsExactly("only 0");
    }

    @Test
    @InArea(Area.RESULTS)
    void runsCallables() {
        List<Callable<String>> tasks = List.of(new Echo("x"), new Echo("y"), new Echo("z"));
        assertThat(parallel(2).call(tasks)).containsExactly("x", "y", "z");
    }

    @Test
    @InArea(Area.RESULTS)
    void givesResultsThatCannotBeChanged() {
        List<Integer> results = parallel(2).range(3, index -> index);
        assertThatThrownBy(() -> results.set(0, 9)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    @InArea(Area.RESULTS)
    void servesCallsOfSeveralThreadsAtOnce() throws Exception {
        try (var callers = Executors.newFixedThreadPool(3)) {
            List<Future<List<Integer>>> calls = new ArrayList<>();
            for (int caller = 0; caller < 3; caller++) {
                int factor = caller + 1;
                calls.add(callers.submit(() -> parallel(2).range(500, index -> index * factor)));
            }
            for (int caller = 0; caller < 3; caller++) {
                int factor = caller + 1;
                assertThat(calls.get(caller).get(30, TimeUnit.SECONDS))
                        .isEqualTo(IntStream.range(0, 500)
                                .mapToObj(index -> index * factor)
                                .toList());
            }
        }
    }

    @Test
    @InArea(Area.ERRORS)
    void throwsTheFirstFailureWithTaskInputAndCause() {
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class,
                () -> parallel(2).map(List.of("fine", "broken"), input -> {
                    if (input.equals("broken")) {
                        throw new IOException("no such row");
                    }
                    return input;
                }));
        assertThat(failure.taskIndex()).isEqualTo(1);
        assertThat(failure)
                .hasMessageContaining("Task 1 of 2")
                .hasMessageContaining("broken")
                .hasMessageContaining("no such row");
        assertThat(failure).cause().isInstanceOf(IOException.class).hasMessage("no such row");
    }

    @Test
    @InArea(Area.ERRORS)
    void showsTheStacksOfTheTaskAndOfTheCaller() {
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class, () -> parallel(2).range(4, BackendContract::failsInAMethodOfItsOwn));
        assertThat(failure.getCause().getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("failsInAMethodOfItsOwn"));
        assertThat(failure.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("showsTheStacksOfTheTaskAndOfTheCaller"));
    }

    @Test
    @InArea(Area.ERRORS)
    void passesErrorsOn() {
        assertThatThrownBy(() -> parallel(2).range(4, index -> {
                    throw new AssertionError("not an Exception");
                }))
                .isInstanceOf(TaskFailedException.class)
                .cause()
                .isInstanceOf(AssertionError.class)
                .hasMessage("not an Exception");
    }

    @Test
    @InArea(Area.ERRORS)
    void worksOnAfterAFailure() {
        Parallel parallel = parallel(2);
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> parallel.range(50, BackendContract::failsInAMethodOfItsOwn))
                    .isInstanceOf(TaskFailedException.class);
            assertThat(parallel.range(50, index -> index)).hasSize(50);
        }
    }

    @Test
    @InArea(Area.CANCELLATION)
    void interruptsRunningTasksWhenOneFails() {
        assertThatThrownBy(() -> parallel(2).range(2, index -> {
                    if (index == 0) {
                        throw new IllegalStateException("stop the other");
                    }
                    new CountDownLatch(1).await(); // for ever, but for an interrupt
                    return index;
                }))
                .isInstanceOf(TaskFailedException.class)
                .hasMessageNotContaining("still running");
    }

    @Test
    @InArea(Area.CANCELLATION)
    void cancelsTheCallWhenTheCallerIsInterrupted() throws Exception {
        CompletableFuture<Boolean> flagAfterwards = new CompletableFuture<>();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                parallel(2).range(4, index -> {
                    new CountDownLatch(1).await();
                    return index;
                });
            } catch (CancellationException | TaskFailedException e) {
                thrown.set(e);
            }
            flagAfterwards.complete(Thread.currentThread().isInterrupted());
        });
        await().atMost(HANG).until(() -> caller.getState() == Thread.State.WAITING);
        caller.interrupt();
        boolean flag = flagAfterwards.get(HANG.toSeconds(), TimeUnit.SECONDS);
        caller.join();
        assertThat(thrown.get()).isInstanceOf(CancellationException.class);
        assertThat(flag).as("interrupt flag").isTrue();
        assertThat(parallel(2).range(10, index -> index)).hasSize(10);
    }

    @Test
    @InArea(Area.CANCELLATION)
    void runsNothingForACallerThatIsInterruptedAlready() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> parallel(2).range(4, index -> index)).isInstanceOf(CancellationException.class);
        assertThat(Thread.interrupted()).as("interrupt flag").isTrue();
    }

    @Test
    @InArea(Area.CANCELLATION)
    void doesNotHandATasksOwnInterruptToTheNextTask() {
        List<Boolean> interrupted = parallel(2).range(200, index -> {
            boolean found = Thread.interrupted();
            if (index % 3 == 0 && !onTestThread()) {
                Thread.currentThread().interrupt();
            }
            return found;
        });
        assertThat(interrupted).containsOnly(false);
    }

    @Test
    @InArea(Area.NESTING)
    void runsNestedCalls() {
        List<Integer> sums = parallel(2)
                .range(
                        8,
                        outer -> Parallel.jobs(2).range(5, inner -> outer * 10 + inner).stream()
                                .mapToInt(Integer::intValue)
                                .sum());
        assertThat(sums)
                .isEqualTo(
                        IntStream.range(0, 8).mapToObj(outer -> outer * 50 + 10).toList());
    }

    @Test
    @InArea(Area.NESTING)
    void endsDeeplyNestedCalls() {
        List<Integer> depths = parallel(2).range(2, index -> depth(4));
        assertThat(depths).containsExactly(16, 16);
    }

    @Test
    @InArea(Area.INNER_LIMIT)
    void refusesAnInnerLimitThatItCannotHold() {
        Parallel limited =
                Parallel.builder().backend(backend()).innerMaxNumThreads(1).build();
        if (backend().holdsInnerLimit()) {
            assertThat(limited.range(2, index -> index)).hasSize(2);
        } else {
            assertThatThrownBy(() -> limited.range(2, index -> index))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("innerMaxNumThreads = 1")
                    .hasMessageContaining(backend().name());
        }
    }

    @Test
    @InArea(Area.CONTEXT)
    void takesTheConstraintIntoItsTasks() {
        if (backend().sharesMemory()) {
            try (var _ =
                    ParallelConfig.create().require(Constraint.SHARED_MEMORY).open()) {
                assertThat(parallel(2).range(2, BackendContract::isRefusedABackendOfItsOwnMemory))
                        .containsOnly(true);
            }
        }
    }

    private static boolean isRefusedABackendOfItsOwnMemory(int index) {
        try {
            Parallel.builder().backend(new SerializingBackend()).build().range(1, i -> i);
            return false;
        } catch (IllegalArgumentException e) {
            return true;
        }
    }

    // lazily fed

    @Test
    @InArea(Area.RESULTS)
    void takesInputsFromAnIterator() {
        List<Integer> results = parallel(3).map(IntStream.range(0, 5_003).iterator(), input -> input * 3);
        assertThat(results)
                .isEqualTo(IntStream.range(0, 5_003).mapToObj(i -> i * 3).toList());
    }

    @Test
    @InArea(Area.RESULTS)
    void asksAProducerOnOneThreadAtATime() {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Stream<Integer> inputs = Stream.generate(() -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    Thread.onSpinWait();
                    inside.decrementAndGet();
                    return 1;
                })
                .limit(2_000);
        assertThat(parallel(4).map(inputs, input -> input)).hasSize(2_000).containsOnly(1);
        assertThat(most.get()).isOne();
    }

    @Test
    @InArea(Area.ERRORS)
    void tellsWhenTheProducerFails() {
        Iterator<Integer> inputs = IntStream.range(0, 100)
                .map(i -> {
                    if (i == 50) {
                        throw new IllegalStateException("no more rows");
                    }
                    return i;
                })
                .iterator();
        assertThatThrownBy(() -> parallel(2).map(inputs, input -> input))
                .isInstanceOf(ParallelException.class)
                .isNotInstanceOf(TaskFailedException.class)
                .hasMessageContaining("producer")
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no more rows");
    }

    @Test
    @InArea(Area.RESULTS)
    void runsNothingForAnEmptyProducer() {
        assertThat(parallel(2).map(List.<Integer>of().iterator(), input -> input))
                .isEmpty();
        try (Stream<Integer> results = parallel(2).ordered(List.<Integer>of().iterator(), input -> input)) {
            assertThat(results).isEmpty();
        }
    }

    @Test
    @InArea(Area.RESULTS)
    void takesNoMoreAheadThanWasSaid() {
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger consumed = new AtomicInteger();
        AtomicInteger mostAhead = new AtomicInteger();
        Stream<Integer> inputs = IntStream.range(0, 300).mapToObj(i -> {
            mostAhead.accumulateAndGet(taken.incrementAndGet() - consumed.get(), Math::max);
            return i;
        });
        Parallel parallel = Parallel.builder()
                .backend(backend())
                .jobs(2)
                .preDispatch("n_jobs + 1")
                .build();
        int bound = parallel.effectiveJobs() + 1;
        try (Stream<Integer> results = parallel.ordered(inputs, input -> input)) {
            results.forEachOrdered(_ -> consumed.incrementAndGet());
        }
        assertThat(taken.get()).isEqualTo(300);
        assertThat(mostAhead.get()).isLessThanOrEqualTo(bound + 1); // a result counts when the consumer has it
    }

    // results while the call runs

    @Test
    @InArea(Area.ORDER)
    void streamsResultsInOrder() {
        try (Stream<Integer> results = parallel(3)
                .ordered(IntStream.range(0, 3_001).iterator(), input -> {
                    spin(input % 5 == 0 ? 5_000 : 1);
                    return input;
                })) {
            assertThat(results)
                    .containsExactlyElementsOf(IntStream.range(0, 3_001).boxed().toList());
        }
    }

    @Test
    @InArea(Area.RESULTS)
    void streamsResultsAsTheyGetReady() {
        List<Integer> inputs = IntStream.range(0, 3_001).boxed().toList();
        try (Stream<Integer> results = parallel(3).unordered(inputs, input -> input)) {
            assertThat(results).containsExactlyInAnyOrderElementsOf(inputs);
        }
    }

    @Test
    @InArea(Area.RESULTS)
    void givesAResultBeforeTheProducerEnds() {
        CountDownLatch first = new CountDownLatch(1);
        Iterator<Integer> inputs = IntStream.range(0, 4)
                .map(i -> {
                    if (i == 3) {
                        awaitHere(first); // the last input comes only after a result was seen
                    }
                    return i;
                })
                .iterator();
        Parallel parallel =
                Parallel.builder().backend(backend()).jobs(2).batchSize(1).build();
        List<Integer> seen = new ArrayList<>();
        try (Stream<Integer> results = parallel.ordered(inputs, input -> input)) {
            results.forEachOrdered(result -> {
                seen.add(result);
                first.countDown();
            });
        }
        assertThat(seen).containsExactly(0, 1, 2, 3);
    }

    @Test
    @InArea(Area.CANCELLATION)
    void endsAStreamThatIsClosedHalfWay() {
        AtomicInteger taken = new AtomicInteger();
        Iterator<Integer> endless = Stream.generate(taken::incrementAndGet).iterator();
        try (Stream<Integer> results = parallel(2).ordered(endless, input -> input)) {
            assertThat(results.limit(10).toList()).hasSize(10);
        }
        int afterwards = taken.get();
        assertThat(parallel(2).range(50, index -> index)).hasSize(50);
        assertThat(taken.get()).isEqualTo(afterwards);
    }

    @Test
    @InArea(Area.ERRORS)
    void throwsAFailureFromTheStream() {
        try (Stream<Integer> results = parallel(2)
                .unordered(IntStream.range(0, 1_000).iterator(), input -> {
                    if (input == 500) {
                        throw new IOException("row 500");
                    }
                    return input;
                })) {
            assertThatThrownBy(results::toList)
                    .isInstanceOf(TaskFailedException.class)
                    .hasMessageContaining("500")
                    .hasCauseInstanceOf(IOException.class);
        }
    }

    @Test
    @InArea(Area.ERRORS)
    void givesTheOutcomeOfEachTask() {
        List<Outcome<Integer>> outcomes = parallel(2).outcomes(List.of(1, 2, 3, 4, 5, 6), input -> {
            if (input % 2 == 0) {
                throw new IOException("even " + input);
            }
            return input;
        });
        assertThat(outcomes).extracting(Outcome::isSuccess).containsExactly(true, false, true, false, true, false);
        assertThat(outcomes.get(4).get()).isEqualTo(5);
        assertThatThrownBy(() -> outcomes.get(3).get())
                .isInstanceOf(TaskFailedException.class)
                .hasMessageContaining("Task 3 of 6")
                .hasRootCauseMessage("even 4");
    }

    @Test
    @InArea(Area.ERRORS)
    void triesAgainAsOftenAsWasSaid(@TempDir Path folder) {
        String path = folder.toString();
        Parallel patient =
                Parallel.builder().backend(backend()).jobs(2).retries(2).build();
        assertThat(patient.range(12, index -> failsTwice(path, index)))
                .containsExactlyElementsOf(IntStream.range(0, 12).boxed().toList());
        Parallel hasty =
                Parallel.builder().backend(backend()).jobs(2).retries(1).build();
        assertThatThrownBy(() -> hasty.range(3, index -> failsTwice(path, 100 + index)))
                .isInstanceOf(TaskFailedException.class)
                .hasRootCauseMessage("try 2");
    }

    private static int failsTwice(String folder, int index) throws IOException {
        for (int attempt = 1; attempt <= 2; attempt++) {
            Path mark = Path.of(folder, index + "-" + attempt);
            if (!Files.exists(mark)) {
                Files.createFile(mark);
                throw new IOException("try " + attempt);
            }
        }
        return index;
    }

    @Test
    @InArea(Area.TIME_LIMIT)
    void endsATaskThatIsOverItsTime() {
        Parallel limited = Parallel.builder()
                .backend(backend())
                .jobs(2)
                .timeLimit(Duration.ofSeconds(2))
                .build();
        if (!backend().holdsTimeLimit()) {
            assertThatThrownBy(() -> limited.range(2, index -> index))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("timeLimit");
            return;
        }
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class,
                () -> limited.range(6, index -> {
                    if (index == 3) {
                        new CountDownLatch(1).await();
                    }
                    return index;
                }));
        assertThat(failure.taskIndex()).isEqualTo(3);
        assertThat(failure).hasCauseInstanceOf(TimeoutException.class).hasMessageContaining("PT2S");
        assertThat(limited.range(20, index -> index)).hasSize(20);
    }

    @Test
    @InArea(Area.PROGRESS)
    void tellsAListenerHowACallBeginsAndEnds() {
        List<String> told = new ArrayList<>();
        ParallelListener listener = new ParallelListener() {
            @Override
            public void callStarted(CallStatus status) {
                told.add("started " + status.completed() + " of "
                        + status.total().orElse(-1));
            }

            @Override
            public void taskFailed(CallStatus status, long taskIndex, Throwable failure, boolean retried) {
                told.add("failed " + taskIndex + " " + failure.getMessage());
            }

            @Override
            public void callEnded(CallStatus status) {
                told.add(status.state() + " " + status.completed());
            }
        };
        Parallel heard =
                Parallel.builder().backend(backend()).jobs(2).listener(listener).build();
        heard.range(10, index -> index);
        assertThat(told).containsExactly("started 0 of 10", "DONE 10");
        told.clear();
        assertThatThrownBy(() -> heard.range(1, BackendContract::failsInAMethodOfItsOwn))
                .isInstanceOf(TaskFailedException.class);
        assertThat(told).containsExactly("started 0 of 1", "failed 0 task 0", "FAILED 0");
    }

    private static void awaitHere(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int depth(int levels) {
        return levels == 0
                ? 1
                : Parallel.jobs(2).range(2, index -> depth(levels - 1)).stream()
                        .mapToInt(Integer::intValue)
                        .sum();
    }

    static Object failsInAMethodOfItsOwn(int index) {
        throw new IllegalStateException("task " + index);
    }

    static void spin(int rounds) {
        for (int i = 0; i < rounds; i++) {
            Thread.onSpinWait();
        }
    }

    /** Whether the task runs on the thread of the test, whose interrupts belong to the call. */
    private static boolean onTestThread() {
        return Arrays.stream(Thread.currentThread().getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("doesNotHandATasksOwnInterruptToTheNextTask"));
    }

    private record Echo(String text) implements Callable<String>, Serializable {
        @Override
        public String call() {
            return text;
        }
    }
}
