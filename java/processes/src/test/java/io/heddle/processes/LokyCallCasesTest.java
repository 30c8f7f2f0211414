package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.ParallelException;
import io.heddle.TaskContext;
import io.heddle.TaskFailedException;
import io.heddle.fixture.ChildJvm;
import io.heddle.processes.failure.RemoteException;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.failure.TerminatedWorkerException;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What loky's tests say of calls, their tasks and what becomes of them: see {@code LOKY.md}. */
@Timeout(60)
class LokyCallCasesTest {
    private static OwnWorkers workers;

    @BeforeAll
    static void open() {
        workers = OwnWorkers.create();
    }

    @AfterAll
    static void close() {
        workers.close();
    }

    // nesting

    @Test
    void aTaskMakesCallsOnProcessesOfItsOwn() {
        List<List<Long>> pids = workers.jobs(2).range(2, _ -> {
            List<Long> inner = Parallel.builder()
                    .backend("processes")
                    .option("spareWorkers", 0)
                    .jobs(2)
                    .build()
                    .range(2, _ -> OwnWorkers.pid());
            List<Long> all = new ArrayList<>(inner);
            all.add(OwnWorkers.pid());
            return all;
        });
        for (List<Long> each : pids) {
            assertThat(each.subList(0, 2)).doesNotContain(each.get(2), OwnWorkers.pid());
        }
    }

    @Test
    void processesInProcessesGoTenDeepAndNoDeeper() throws Exception {
        ChildJvm.of(Nested.class).environment("HEDDLE_WORKER_DEPTH", "8").succeeds();
    }

    /** Begins eight deep, so that two levels more are the last. */
    static final class Nested {
        public static void main(String[] args) {
            assertThat(depth(2)).isEqualTo("bottom");
            assertThatThrownBy(() -> depth(3))
                    .isInstanceOf(ParallelException.class)
                    .hasStackTraceContaining("10 deep")
                    .hasStackTraceContaining("threads");
            System.exit(0);
        }

        static String depth(int left) {
            if (left == 0) {
                return "bottom";
            }
            return Parallel.builder()
                    .backend("processes")
                    .option("spareWorkers", 0)
                    .jobs(1)
                    .build()
                    .range(1, _ -> depth(left - 1))
                    .getFirst();
        }
    }

    @Test
    void anInnerCallThatFailsSaysSoAtTheTop() {
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class,
                () -> workers.jobs(1)
                        .range(
                                1,
                                _ -> Parallel.builder()
                                        .backend("processes")
                                        .option("spareWorkers", 0)
                                        .jobs(1)
                                        .build()
                                        .range(1, LokyCallCasesTest::failsInside)));
        assertThat(failure).hasRootCauseInstanceOf(IllegalStateException.class).hasRootCauseMessage("inside 0");
        assertThat(failure).hasStackTraceContaining("LokyCallCasesTest.failsInside");
    }

    private static int failsInside(int index) {
        throw new IllegalStateException("inside " + index);
    }

    // crashes and failures, by where they happen

    /** Where an object does its harm. */
    enum Harm {
        FAIL,
        EXIT,
        HALT,
        KILL,
        SEGFAULT;

        void happen() throws IOException {
            switch (this) {
                case FAIL -> throw new InvalidObjectException("harm is done");
                case EXIT -> System.exit(3);
                case HALT -> Runtime.getRuntime().halt(4);
                case KILL -> signal("-KILL");
                case SEGFAULT -> signal("-SEGV");
            }
        }

        private static void signal(String signal) throws IOException {
            new ProcessBuilder("kill", signal, Long.toString(OwnWorkers.pid())).start();
            OwnWorkers.pause(20_000);
        }
    }

    private static final class HarmfulToWrite implements Serializable {
        private static final long serialVersionUID = 1L;
        private final Harm harm;

        HarmfulToWrite(Harm harm) {
            this.harm = harm;
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            harm.happen();
            out.defaultWriteObject();
        }
    }

    private static final class HarmfulToRead implements Serializable {
        private static final long serialVersionUID = 1L;
        private final Harm harm;

        HarmfulToRead(Harm harm) {
            this.harm = harm;
        }

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            harm.happen();
        }
    }

    private static void assertHarm(Harm harm, Throwable failure, Class<? extends Throwable> ifItFails) {
        assertThat(failure).isInstanceOf(ParallelException.class);
        if (harm == Harm.FAIL) {
            assertThat(failure).hasCauseInstanceOf(ifItFails).hasMessageContaining("harm is done");
            return;
        }
        TerminatedWorkerException death = (TerminatedWorkerException) failure.getCause();
        switch (harm) {
            case EXIT -> assertThat(death.exitCode()).hasValue(3);
            case HALT -> assertThat(death.exitCode()).hasValue(4);
            case KILL -> assertThat(death.signal()).contains("SIGKILL");
            default -> {
                assertThat(death.signal()).contains("SIGSEGV");
                death.errorFile().ifPresent(LokyCallCasesTest::delete);
            }
        }
        assertThat(workers.jobs(2).range(4, index -> index)).containsExactly(0, 1, 2, 3);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anInputThatCannotBeWrittenFailsAsATransfer() {
        ParallelException failure = catchThrowableOfType(
                ParallelException.class, () -> workers.jobs(2).map(List.of(new HarmfulToWrite(Harm.FAIL)), input -> 1));
        assertHarm(Harm.FAIL, failure, TaskTransferException.class);
    }

    @ParameterizedTest
    @EnumSource(Harm.class)
    void harmDoneWhileAnInputIsReadIsTold(Harm harm) {
        ParallelException failure = catchThrowableOfType(
                ParallelException.class, () -> workers.jobs(2).map(List.of(new HarmfulToRead(harm)), input -> 1));
        assertHarm(harm, failure, TaskTransferException.class);
    }

    @ParameterizedTest
    @EnumSource(Harm.class)
    void harmDoneByATaskIsTold(Harm harm) {
        ParallelException failure = catchThrowableOfType(
                ParallelException.class,
                () -> workers.jobs(2).range(1, _ -> {
                    harm.happen();
                    return 1;
                }));
        assertHarm(harm, failure, InvalidObjectException.class);
    }

    @ParameterizedTest
    @EnumSource(Harm.class)
    void harmDoneWhileAResultIsWrittenIsTold(Harm harm) {
        ParallelException failure = catchThrowableOfType(
                ParallelException.class, () -> workers.jobs(2).range(1, _ -> new HarmfulToWrite(harm)));
        assertHarm(harm, failure, TaskTransferException.class);
    }

    @Test
    void aResultThatCannotBeReadHereFailsAsATransfer() {
        ParallelException failure = catchThrowableOfType(
                ParallelException.class, () -> workers.jobs(2).range(1, _ -> new HarmfulToRead(Harm.FAIL)));
        assertHarm(Harm.FAIL, failure, TaskTransferException.class);
    }

    @Test
    void whoeverHearsOfATaskMayMakeACallThatCrashes() throws Exception {
        CompletableFuture<Throwable> inner = workers.jobs(2)
                .mapAsync(List.of(1, 2), input -> input)
                .thenApply(_ -> catchThrowableOfType(
                        ParallelException.class,
                        () -> workers.jobs(2).range(1, _ -> {
                            Harm.HALT.happen();
                            return 1;
                        })));
        assertHarm(Harm.HALT, inner.get(30, TimeUnit.SECONDS), ParallelException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void workersThatKillEachOtherFailTheCallAndTheNextOneRuns(int jobs) throws Exception {
        try (OwnWorkers own = OwnWorkers.create()) {
            List<Long> pids = List.copyOf(own.pids(jobs)).reversed();
            assertThatThrownBy(() -> own.jobs(jobs).map(pids, pid -> {
                        ProcessHandle.of(pid).ifPresent(victim -> new Killer(pid).run());
                        OwnWorkers.pause(2000);
                        return pid;
                    }))
                    .hasCauseInstanceOf(TerminatedWorkerException.class);
            await().atMost(30, TimeUnit.SECONDS)
                    .ignoreExceptionsMatching(ParallelException.class::isInstance) // of a kill that comes late
                    .until(() -> own.pids(jobs).size() == jobs);
        }
    }

    /** A process may not kill itself by its handle. */
    private record Killer(long pid) {
        void run() {
            try {
                new ProcessBuilder("kill", "-KILL", Long.toString(pid)).start();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    // what is sent

    @Test
    void tasksThatCannotBeSentFailAloneHoweverManyTheyAre() {
        List<Object> inputs = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            inputs.add(new Object());
            inputs.add(i);
        }
        List<Outcome<Object>> outcomes = workers.jobs(2).outcomes(inputs, input -> input);
        for (int i = 0; i < 100; i++) {
            assertThat(outcomes.get(2 * i))
                    .isInstanceOfSatisfying(
                            Outcome.Failure.class,
                            failure -> assertThat(failure.failure())
                                    .hasCauseInstanceOf(TaskTransferException.class)
                                    .hasRootCauseInstanceOf(NotSerializableException.class));
            assertThat(outcomes.get(2 * i + 1).get()).isEqualTo(i);
        }
    }

    @Test
    void largeInputsAndResultsArriveWhole() {
        int bytes = 50_000_000;
        byte[] input = new byte[bytes];
        Arrays.fill(input, (byte) 7);
        try (OwnWorkers own = OwnWorkers.of(OwnWorkers.settings().maxHeapBytes(1L << 30))) {
            assertThat(own.jobs(1).map(List.of(input), array -> sum(array))).containsExactly(7L * bytes);
            assertThat(own.jobs(1).range(1, _ -> sum(input))).as("captured").containsExactly(7L * bytes);
            assertThat(own.jobs(1).map(List.of(input), array -> {
                        double[] results = new double[array.length / 8];
                        Arrays.fill(results, array[0]);
                        return results;
                    }))
                    .singleElement()
                    .satisfies(results -> assertThat(results)
                            .hasSize(bytes / 8)
                            .contains(7.0, org.assertj.core.data.Index.atIndex(bytes / 8 - 1)));
        }
    }

    private static long sum(byte[] array) {
        long sum = 0;
        for (byte each : array) {
            sum += each;
        }
        return sum;
    }

    @Test
    void aPieceOverTheBoundFailsItsTaskAndSaysWhichBound() {
        try (OwnWorkers own = OwnWorkers.of(OwnWorkers.settings().maxFrameBytes(1 << 20))) {
            assertThatThrownBy(() -> own.jobs(1).map(List.of(new byte[2 << 20]), array -> array.length))
                    .hasCauseInstanceOf(TaskTransferException.class)
                    .hasStackTraceContaining("raise the option maxFrameBytes");
            assertThatThrownBy(() -> own.jobs(1).range(1, _ -> new byte[2 << 20]))
                    .hasCauseInstanceOf(TaskTransferException.class)
                    .hasStackTraceContaining("raise the option maxFrameBytes");
            assertThat(own.jobs(1).map(List.of(new byte[1000]), array -> array.length))
                    .containsExactly(1000);
        }
    }

    @Test
    void aFunctionOverTheBoundIsToldFromAnInput() {
        byte[] captured = new byte[6000];
        try (OwnWorkers own = OwnWorkers.of(OwnWorkers.settings().maxFrameBytes(1024))) {
            assertThatThrownBy(() -> own.jobs(1).map(List.of(1, 2, 3), input -> input + captured.length))
                    .cause()
                    .isInstanceOf(TaskTransferException.class)
                    .hasMessageContainingAll("The task's function, with what it captures,", "maxFrameBytes")
                    .hasMessageNotContaining("input");
            assertThatThrownBy(() -> own.jobs(1).map(List.of(captured), input -> input.length))
                    .cause()
                    .isInstanceOf(TaskTransferException.class)
                    .hasMessageContainingAll("The task's input could not be sent", "maxFrameBytes");
        }
    }

    @Test
    void theLeastBoundHasRoomForWhatAnExceptionSays() throws IOException {
        try (OwnWorkers own = OwnWorkers.of(OwnWorkers.settings().maxFrameBytes(1024))) {
            Set<Long> before = own.pids(1);
            for (int length : new int[] {5, 500, 1_000_000}) {
                List<Outcome<Integer>> outcomes =
                        own.jobs(1).outcomes(List.of(1, length, 3), input -> input < 4 ? input : failing(input));
                assertThat(outcomes.stream().map(Outcome::isSuccess)).containsExactly(true, false, true);
                assertThat(((Outcome.Failure<Integer>) outcomes.get(1))
                                .failure()
                                .getCause())
                        .isInstanceOf(RemoteException.class)
                        .hasMessageStartingWith(IllegalStateException.class.getName() + ": 中中中")
                        .hasMessageContaining("maxFrameBytes");
            }
            assertThat(own.pids(1)).isEqualTo(before);
        }
    }

    private static int failing(int times) {
        throw new IllegalStateException("中".repeat(times), new IOException("its cause"));
    }

    @Test
    void manyMoreTasksThanWorkersComeBackInOrder() {
        List<Integer> inputs = IntStream.range(0, 100_000).boxed().toList();
        assertThat(workers.jobs(2).map(inputs, input -> input + 1))
                .isEqualTo(IntStream.range(1, 100_001).boxed().toList());
    }

    @Test
    void whatWasSentIsNotHeldOn() {
        WeakReference<Object> input = new WeakReference<>(runWithAnInput());
        await().atMost(10, TimeUnit.SECONDS).until(() -> {
            System.gc();
            return input.get() == null;
        });
    }

    private static Object runWithAnInput() {
        ArrayList<String> input = new ArrayList<>(List.of("a"));
        assertThat(workers.jobs(2).map(List.of(input), list -> list.size())).containsExactly(1);
        return input;
    }

    @Test
    void anObjectThatChangesBetweenCallsIsSentAsItIsNow() {
        int[] state = {1};
        Parallel parallel = workers.jobs(2);
        assertThat(parallel.range(4, _ -> state[0])).containsOnly(1);
        state[0] = 2;
        assertThat(parallel.range(4, _ -> state[0])).containsOnly(2);
    }

    @Test
    void staticFieldsAreTheWorkersOwn() {
        System.setProperty("ofTheParentAlone", "set");
        assertThat(workers.jobs(1).range(1, _ -> System.getProperty("ofTheParentAlone", "unset")))
                .containsExactly("unset");
        System.clearProperty("ofTheParentAlone");
    }

    @Test
    void functionsThatCallThemselvesKeepWhatTheyCapture() {
        for (int seed : new int[] {0, 1}) {
            assertThat(workers.jobs(1).range(1, _ -> counted(seed, 5))).containsExactly(seed + 5);
        }
    }

    private static int counted(int seed, int steps) {
        return steps == 0 ? seed : counted(seed, steps - 1) + 1;
    }

    @Test
    void aBufferWithItsBytesIsToldFromOneThatCannotBeSent() {
        assertThatThrownBy(() -> workers.jobs(1).map(List.of(ByteBuffer.allocate(8)), ByteBuffer::capacity))
                .hasMessageContaining("HeapByteBuffer")
                .hasCauseInstanceOf(TaskTransferException.class);
    }

    // the end of a call

    @Test
    void aCallersInterruptFreesTheWorkers(@TempDir Path folder) throws Exception {
        Set<Long> before = workers.pids(2);
        String place = folder.toString();
        FutureTask<Object> call = new FutureTask<>(() -> workers.jobs(2).range(2, index -> {
            OwnWorkers.meet(Path.of(place), index, 2);
            return new CountDownLatch(1).await(60, TimeUnit.SECONDS);
        }));
        Thread caller = Thread.ofPlatform().start(call);
        await().until(() -> Files.exists(folder.resolve("0")) && Files.exists(folder.resolve("1")));
        caller.interrupt();
        assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(CancellationException.class);
        assertThat(workers.pids(2)).isEqualTo(before);
    }

    @Test
    void aTaskThatHeedsNothingIsEndedWithItsProcess(@TempDir Path folder) throws Exception {
        try (OwnWorkers own = OwnWorkers.create()) {
            Set<Long> before = own.pids(1);
            String place = folder.toString();
            CompletableFuture<List<Integer>> call = own.jobs(1).mapAsync(List.of(0), index -> {
                OwnWorkers.meet(Path.of(place), index, 1);
                while (true) {
                    OwnWorkers.pause(1000);
                    Thread.interrupted();
                }
            });
            await().until(() -> Files.exists(folder.resolve("0")));
            call.cancel(true);
            OwnWorkers.awaitEnd(before);
            assertThat(own.pids(1)).doesNotContainAnyElementsOf(before);
        }
    }

    @Test
    void aTaskSeesThatItsCallIsCancelled(@TempDir Path folder) throws Exception {
        Path seen = folder.resolve("seen");
        String file = seen.toString();
        CompletableFuture<List<Integer>> call = workers.jobs(1).mapAsync(List.of(0), _ -> {
            Files.createFile(Path.of(file + ".begun"));
            while (!TaskContext.current().orElseThrow().isCancelled()) {
                OwnWorkers.pause(5);
            }
            Files.createFile(Path.of(file));
            return 0;
        });
        await().until(() -> Files.exists(folder.resolve("seen.begun")));
        call.cancel(true);
        await().atMost(Duration.ofSeconds(10)).until(() -> Files.exists(seen));
    }

    @Test
    void anExecutorRunsOnWorkerProcesses() throws Exception {
        try (ExecutorService executor = workers.jobs(2).executor()) {
            List<Future<Long>> futures = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                futures.add(executor.submit((java.util.concurrent.Callable<Long> & Serializable) OwnWorkers::pid));
            }
            for (Future<Long> future : futures) {
                assertThat(future.get(30, TimeUnit.SECONDS)).isNotEqualTo(OwnWorkers.pid());
            }
        }
    }

    @Test
    void manyThreadsShareTheWorkers() throws Exception {
        List<CompletableFuture<List<Integer>>> calls = new ArrayList<>();
        List<Integer> inputs = IntStream.range(0, 40).boxed().toList();
        for (int thread = 0; thread < 6; thread++) {
            calls.add(workers.jobs(1).mapAsync(inputs, input -> input * input));
        }
        for (CompletableFuture<List<Integer>> call : calls) {
            assertThat(call.get(30, TimeUnit.SECONDS))
                    .isEqualTo(inputs.stream().map(each -> each * each).toList());
        }
    }

    // what a task does with its process

    @Test
    void standardInputIsEmptyForTasksAndTheyMayStartProcesses() {
        assertThat(workers.jobs(2).range(2, _ -> System.in.read())).containsOnly(-1);
        for (boolean inherits : new boolean[] {true, false}) {
            assertThat(workers.jobs(2).range(2, _ -> {
                        Process child = new ProcessBuilder("cat")
                                .redirectInput(
                                        inherits ? ProcessBuilder.Redirect.INHERIT : ProcessBuilder.Redirect.PIPE)
                                .start();
                        child.getOutputStream().close();
                        return child.waitFor(20, TimeUnit.SECONDS);
                    }))
                    .containsOnly(true);
        }
        assertThat(workers.jobs(2).range(4, index -> index)).hasSize(4);
    }
}
