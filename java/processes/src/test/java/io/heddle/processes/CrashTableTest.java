package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.ParallelException;
import io.heddle.TaskFailedException;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.failure.TerminatedWorkerException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/*
 * Each way to fail at each stage of a task's life. Cells left out: what ends a process cannot happen while the task is serialised or its result
 * deserialised, as both happen in the parent, which is the user's program; the table would end with it.
 */
/** loky's table of crashes. After each row the same backend runs tasks, and the workers that did not crash are the ones from before. */
@Timeout(120)
final class CrashTableTest {
    private static final long HEAP_BYTES = 64L << 20;
    private static final int CRASHING = 1; // the task that crashes
    private static final AtomicInteger LAST_SIGNAL = new AtomicInteger();

    @TempDir
    private static Path temporary;

    private static Traces traces;
    private static Path reports;
    private static ProcessesBackend backend;

    /** Where a crash happens. */
    enum Stage {
        SERIALISING_TASK,
        DESERIALISING_TASK,
        RUNNING,
        SERIALISING_RESULT,
        DESERIALISING_RESULT,
        INITIALIZER,
        IDLE,
        RESIZED,
        SHUTDOWN;

        boolean isInParent() {
            return this == SERIALISING_TASK || this == DESERIALISING_RESULT;
        }

        boolean isTransfer() {
            return isInParent() || this == DESERIALISING_TASK || this == SERIALISING_RESULT;
        }
    }

    @BeforeAll
    static void open() throws IOException {
        traces = Traces.watch(temporary);
        reports = Files.createDirectory(temporary.resolve("reports"));
        backend = builder().build();
    }

    private static ProcessesBackend.Builder builder() {
        return ProcessesBackend.builder()
                .maxHeapBytes(HEAP_BYTES)
                .jvmOptions("-XX:ErrorFile=" + reports + "/hs_err_pid%p.log");
    }

    @AfterAll
    static void nothingIsLeft() throws IOException {
        backend.close();
        traces.close();
    }

    @AfterEach
    void noFileIsLeft() throws IOException {
        for (Path report : reports()) {
            Files.delete(report);
        }
        await().untilAsserted(() -> assertThat(traces.files()).isEmpty()); // a spare may be starting
    }

    private static List<Path> reports() throws IOException {
        try (Stream<Path> files = Files.list(reports)) {
            return files.toList();
        }
    }

    static Stream<Arguments> rows() {
        return Arrays.stream(Stage.values())
                .flatMap(stage -> Arrays.stream(Crash.values())
                        .filter(crash -> !(stage.isInParent() && crash.endsProcess()))
                        .map(crash -> Arguments.of(crash, stage)));
    }

    @ParameterizedTest(name = "{0} while {1}")
    @MethodSource("rows")
    void theFailureIsToldAndTheOthersLiveOn(Crash crash, Stage stage) throws Exception {
        switch (stage) {
            case INITIALIZER -> initializer(crash);
            case IDLE -> idle(crash);
            case RESIZED -> resized(crash);
            case SHUTDOWN -> shutdown(crash);
            default -> task(crash, stage);
        }
    }

    private void task(Crash crash, Stage stage) throws IOException {
        List<Long> before = pids(backend, 2);
        List<Serializable> inputs = new ArrayList<>(Collections.nCopies(4, "an input"));
        inputs.set(
                CRASHING,
                switch (stage) {
                    case SERIALISING_TASK -> new WhenWritten(crash, true);
                    case DESERIALISING_TASK -> new WhenRead(crash, false);
                    default -> "crash";
                });
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class,
                () -> jobs(2).map(inputs, input -> "crash".equals(input) ? crashed(crash, stage) : input));

        Throwable dead = told(failure, crash, stage);
        assertThat(pids(backend, 2)).containsAll(without(before, dead)).hasSize(2);
    }

    private static Object crashed(Crash crash, Stage stage) {
        return switch (stage) {
            case SERIALISING_RESULT -> new WhenWritten(crash, false);
            case DESERIALISING_RESULT -> new WhenRead(crash, true);
            default -> {
                crash.strike();
                yield "survived";
            }
        };
    }

    private void initializer(Crash crash) throws IOException {
        String marker = signal();
        Signals.give(marker);
        try (ProcessesBackend own = builder()
                .spareWorkers(0)
                .initializer(() -> {
                    if (Signals.isGiven(marker)) {
                        crash.strike();
                    }
                })
                .build()) {
            ParallelException failure = catchThrowableOfType(ParallelException.class, () -> pids(own, 2));
            assertThat(failure).isNotInstanceOf(TaskFailedException.class);
            assertThat(failure.getCause()).isInstanceOf(BrokenPoolException.class);
            Throwable reason = failure.getCause().getCause();
            if (crash.endsProcess()) {
                died(reason, crash);
            } else {
                assertThat(reason).isInstanceOf(crash.thrown());
            }
            Files.delete(Path.of(marker));
            assertThat(pids(own, 2)).hasSize(2);
        }
    }

    private void idle(Crash crash) {
        String go = signal();
        String over = signal();
        List<Long> before = pids(backend, 2);
        long armed = jobs(2).range(1, _ -> {
                    Thread later = new Thread(() -> {
                        Signals.await(go);
                        try {
                            crash.strike();
                        } finally {
                            Signals.give(over);
                        }
                    });
                    later.setDaemon(true);
                    later.start();
                    return ProcessHandle.current().pid();
                })
                .getFirst();
        assertThat(before).contains(armed);
        Signals.give(go);
        if (crash.endsProcess()) {
            await().atMost(Duration.ofSeconds(30)).until(() -> !isAlive(armed));
        } else {
            Signals.await(over);
        }

        List<Long> survivors = new ArrayList<>(before);
        if (crash.endsProcess()) {
            survivors.remove(armed);
        }
        assertThat(pids(backend, 2)).containsAll(survivors).doesNotHaveDuplicates();
    }

    private void resized(Crash crash) throws IOException {
        List<Long> before = pids(backend, 2);
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class,
                () -> jobs(before.size() + 2).range(6, index -> {
                    if (index == CRASHING) {
                        crash.strike();
                    }
                    return index;
                }));

        Throwable dead = told(failure, crash, Stage.RESIZED);
        assertThat(pids(backend, 4)).containsAll(without(before, dead)).hasSize(4);
    }

    private void shutdown(Crash crash) throws IOException {
        String running = signal();
        String go = signal();
        Parallel two = jobs(2);
        CompletableFuture<List<Integer>> call = CompletableFuture.supplyAsync(() -> two.range(2, index -> {
            if (index == CRASHING) {
                Signals.give(running);
                Signals.await(go);
                crash.strike();
            }
            return index;
        }));
        Signals.await(running);
        backend.close();
        Signals.give(go);

        TaskFailedException failure = catchThrowableOfType(TaskFailedException.class, () -> joined(call));
        told(failure, crash, Stage.SHUTDOWN);
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(Traces.children()).isEmpty());
        assertThat(pids(backend, 2)).hasSize(2);
    }

    private static <T> T joined(CompletableFuture<T> call) throws Throwable {
        try {
            return call.join();
        } catch (CompletionException e) {
            throw e.getCause();
        }
    }

    @Test
    void aWorkerKilledAsACallBeginsHoldsNothingUp() {
        for (int i = 0; i < 10; i++) {
            long pid = pids(backend, 2).getFirst();
            boolean _ = ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            List<Outcome<Integer>> outcomes = jobs(2).outcomes(List.of(1, 2, 3), input -> input);
            for (Outcome<Integer> each : outcomes) {
                if (each instanceof Outcome.Failure<Integer> failure) {
                    assertThat(failure.failure().getCause()).isInstanceOf(TerminatedWorkerException.class);
                }
            }
            await().atMost(Duration.ofSeconds(30)) // else it may be lent once more, if it had no task here
                    .until(() -> backend.workers().stream().noneMatch(worker -> worker.pid() == pid));
        }
    }

    // policies

    @ParameterizedTest
    @EnumSource(
            value = Crash.class,
            names = {"SYSTEM_EXIT", "HALT", "SEGFAULT", "KILL", "NATIVE_STACK_OVERFLOW"})
    void aRetriedTaskRunsAgainInAnotherWorker(Crash crash) {
        String first = signal();
        List<Integer> results = Parallel.builder()
                .backend(backend)
                .jobs(2)
                .retries(1)
                .build()
                .range(6, index -> {
                    if (index == 3 && !Signals.isGiven(first)) {
                        Signals.give(first);
                        crash.strike();
                    }
                    return index * index;
                });

        assertThat(results).containsExactly(0, 1, 4, 9, 16, 25);
    }

    @Test
    void aTaskThatCrashesWheneverItRunsFailsTheCallAfterItsRetries() {
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class,
                () -> Parallel.builder()
                        .backend(backend)
                        .jobs(2)
                        .retries(1)
                        .build()
                        .range(6, index -> {
                            if (index == 3) {
                                Crash.KILL.strike();
                            }
                            return index;
                        }));

        assertThat(failure.taskIndex()).isEqualTo(3);
        died(failure.getCause(), Crash.KILL);
    }

    @ParameterizedTest
    @EnumSource(
            value = Crash.class,
            names = {"HALT", "KILL"})
    void inTheMiddleOfABatchTheMessageNamesTheRangeAndTheCallFails(Crash crash) {
        ParallelException failure = catchThrowableOfType(
                ParallelException.class,
                () -> Parallel.builder()
                        .backend(backend)
                        .jobs(2)
                        .batchSize(50)
                        .build()
                        .range(200, index -> {
                            if (index == 77) {
                                crash.strike();
                            }
                            return index;
                        }));

        assertThat(failure).isNotInstanceOf(TaskFailedException.class);
        died(failure.getCause(), crash);
        assertThat(failure.getCause()).hasMessageContaining("one of the tasks 50 to 99");
        assertThat(pids(backend, 2)).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(
            value = Crash.class,
            names = {"HALT", "KILL"})
    void inTheMiddleOfABatchARetryGivesEveryResult(Crash crash) {
        String first = signal();
        List<Integer> results = Parallel.builder()
                .backend(backend)
                .jobs(2)
                .batchSize(50)
                .retries(1)
                .build()
                .range(200, index -> {
                    if (index == 77 && !Signals.isGiven(first)) {
                        Signals.give(first);
                        crash.strike();
                    }
                    return index;
                });

        assertThat(results).isEqualTo(IntStream.range(0, 200).boxed().toList());
    }

    @ParameterizedTest
    @EnumSource(Crash.class)
    void outcomesHaveTheFailureInItsSlotAlone(Crash crash) throws IOException {
        List<Integer> inputs = IntStream.range(0, 300).boxed().toList();
        List<Outcome<Integer>> outcomes = jobs(2).outcomes(inputs, input -> {
            if (input == 123) {
                crash.strike();
            }
            return -input;
        });

        assertThat(outcomes).hasSize(300);
        for (int i = 0; i < 300; i++) {
            if (i == 123) {
                assertThat(outcomes.get(i)).isInstanceOf(Outcome.Failure.class);
                TaskFailedException failure = ((Outcome.Failure<Integer>) outcomes.get(i)).failure();
                assertThat(failure.taskIndex()).isEqualTo(123);
                if (crash.endsProcess()) {
                    died(failure.getCause(), crash);
                } else {
                    assertThat(failure.getCause()).isInstanceOf(crash.thrown());
                }
            } else {
                assertThat(outcomes.get(i).get()).isEqualTo(-i);
            }
        }
    }

    // what the rows have in common

    private static Parallel jobs(int jobs) {
        return Parallel.builder().backend(backend).jobs(jobs).batchSize(1).build();
    }

    private static String signal() {
        return temporary.resolve("signal" + LAST_SIGNAL.incrementAndGet()).toString();
    }

    /** The workers that a call with so many jobs has: its tasks wait for each other. */
    private static List<Long> pids(ProcessesBackend of, int jobs) {
        String here = signal();
        return Parallel.builder().backend(of).jobs(jobs).build().range(jobs, index -> {
            Signals.give(here + "-" + index);
            for (int i = 0; i < jobs; i++) {
                Signals.await(here + "-" + i);
            }
            return ProcessHandle.current().pid();
        });
    }

    private static List<Long> without(List<Long> pids, Throwable dead) {
        List<Long> others = new ArrayList<>(pids);
        if (dead instanceof TerminatedWorkerException death) {
            others.remove(death.pid()); // not of them where a spare ran the task
        }
        return others;
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
    }

    /** Asserts what the call threw. Returns what the task failed by. */
    private static Throwable told(TaskFailedException failure, Crash crash, Stage stage) {
        assertThat(failure).isNotNull();
        assertThat(failure.taskIndex()).isEqualTo(CRASHING);
        Throwable cause = failure.getCause();
        if (crash.endsProcess()) {
            died(cause, crash);
            assertThat(cause).hasMessageContaining("task " + CRASHING);
        } else if (stage.isTransfer()) {
            assertThat(cause).isInstanceOf(TaskTransferException.class);
            assertThat(cause.getCause()).isInstanceOf(crash.thrown());
        } else {
            assertThat(cause).isInstanceOf(crash.thrown());
        }
        return cause;
    }

    private static void died(Throwable cause, Crash crash) {
        assertThat(cause).isInstanceOf(TerminatedWorkerException.class);
        TerminatedWorkerException death = (TerminatedWorkerException) cause;
        assertThat(isAlive(death.pid())).isFalse();
        assertThat(death).hasMessageContaining("Worker process " + death.pid()).hasMessageContaining(crash.lastWords());
        switch (crash) {
            case SYSTEM_EXIT -> endedItself(death, 3);
            case HALT -> endedItself(death, 4);
            case KILL -> {
                assertThat(death.signal()).contains("SIGKILL");
                assertThat(death.exitCode()).isEmpty();
                assertThat(death.errorFile()).isEmpty();
            }
            case SEGFAULT -> {
                assertThat(death.signal()).contains("SIGSEGV");
                assertThat(death.exitCode()).isEmpty();
                Path report = reports.resolve("hs_err_pid" + death.pid() + ".log");
                assertThat(death.errorFile()).contains(report);
                assertThat(report).exists();
                assertThat(death).hasMessageContaining(report.toString());
            }
            default -> { // whether the JVM has stack enough for its report is its luck
                assertThat(death.signal()).contains("SIGSEGV");
                assertThat(death.exitCode()).isEmpty();
            }
        }
    }

    private static void endedItself(TerminatedWorkerException death, int code) {
        assertThat(death.exitCode()).hasValue(code);
        assertThat(death.signal()).isEmpty();
        assertThat(death.errorFile()).isEmpty();
        assertThat(death).hasMessageContaining("exit code " + code);
    }

    private static final class WhenWritten implements Serializable {
        private static final long serialVersionUID = 1L;

        private final Crash crash;
        private final boolean inParent;

        WhenWritten(Crash crash, boolean inParent) {
            this.crash = crash;
            this.inParent = inParent;
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            out.defaultWriteObject();
            if (inParent) {
                crash.strikeHere();
            } else {
                crash.strike();
            }
        }
    }

    private static final class WhenRead implements Serializable {
        private static final long serialVersionUID = 1L;

        private final Crash crash;
        private final boolean inParent;

        WhenRead(Crash crash, boolean inParent) {
            this.crash = crash;
            this.inParent = inParent;
        }

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            if (inParent) {
                crash.strikeHere();
            } else {
                crash.strike();
            }
        }
    }
}
