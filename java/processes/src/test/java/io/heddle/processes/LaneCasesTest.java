package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.heddle.CallStatus;
import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.ParallelListener;
import io.heddle.TaskFailedException;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.fixture.Children;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Calls whose tasks, workers and readers get in each other's way. */
@Timeout(60)
class LaneCasesTest {
    private static final int MANY = 200_000;

    private static Parallel parallel() {
        return Parallel.builder().backend("processes").jobs(2).build();
    }

    @AfterAll
    static void endWorkers() {
        ProcessesBackend.create().close();
        Children.awaitNone();
    }

    @Test
    void aLongStreamOfAListIsReadToItsEnd() {
        List<Integer> inputs = IntStream.range(0, MANY).boxed().toList();
        try (Stream<Integer> results = parallel().unordered(inputs, input -> input)) {
            assertThat(results.mapToLong(Integer::longValue).sum()).isEqualTo((long) MANY * (MANY - 1) / 2);
        }
        try (Stream<Integer> results = parallel().ordered(inputs, input -> input)) {
            assertThat(results.toList()).isEqualTo(inputs);
        }
    }

    @Test
    void whatIsToBeSentAgainDoesNotWaitForTheProducer() {
        CountDownLatch failed = new CountDownLatch(1);
        Iterator<Object> inputs = new Iterator<>() {
            private int given;

            @Override
            public boolean hasNext() {
                if (given == 3) {
                    awaitHere(failed);
                    return false;
                }
                return true;
            }

            @Override
            public Object next() {
                given++;
                return given == 2 ? new Unreadable() : given;
            }
        };
        ParallelListener listener = new ParallelListener() {
            @Override
            public void taskFailed(CallStatus status, long taskIndex, Throwable failure, boolean retried) {
                failed.countDown();
            }
        };
        Parallel one = Parallel.builder()
                .backend("processes")
                .jobs(1)
                .batchSize(3)
                .listener(listener)
                .build();
        TaskFailedException failure =
                catchThrowableOfType(TaskFailedException.class, () -> one.map(inputs, input -> input));
        assertThat(failure.taskIndex()).isEqualTo(1);
        assertThat(failure).hasCauseInstanceOf(TaskTransferException.class);
    }

    @Test
    void aFutureIsCompletedWhoseTaskWasLostWithAWorker() throws Exception {
        try (ExecutorService executor = Parallel.builder()
                .backend("processes")
                .jobs(1)
                .batchSize(1)
                .build()
                .executor()) {
            for (int i = 0; i < 50; i++) {
                executor.submit((Task<Integer>) () -> 1).get(20, TimeUnit.SECONDS);
            }
            Future<Integer> crashes = executor.submit((Task<Integer>) () -> {
                Runtime.getRuntime().halt(3);
                return 0;
            });
            Future<Integer> behind = executor.submit((Task<Integer>) () -> 7);
            assertThatThrownBy(() -> crashes.get(20, TimeUnit.SECONDS))
                    .rootCause()
                    .isInstanceOf(TerminatedWorkerException.class);
            assertThat(behind.get(20, TimeUnit.SECONDS)).isEqualTo(7);
        }
    }

    @Test
    void whatDependsOnAFutureMayWaitWhileOtherResultsCome(@TempDir Path folder) throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        String gate = folder.resolve("gate").toString();
        try (ExecutorService executor = Parallel.builder()
                .backend("processes")
                .jobs(1)
                .batchSize(1)
                .build()
                .executor()) {
            CompletableFuture<Integer> first = (CompletableFuture<Integer>) executor.submit((Task<Integer>) () -> {
                while (!Files.exists(Path.of(gate))) {
                    OwnWorkers.pause(5);
                }
                return 1;
            });
            CompletableFuture<Void> waits = first.thenRun(() -> awaitHere(hold));
            Files.createFile(Path.of(gate));
            assertThat(executor.submit((Task<Integer>) () -> 7).get(30, TimeUnit.SECONDS))
                    .isEqualTo(7);
            assertThat(waits).isNotDone();
            hold.countDown();
            waits.get(30, TimeUnit.SECONDS);
        } finally {
            hold.countDown();
        }
    }

    /** Native code does not close in its children what the JVM has open. */
    @Test
    void aProcessThatNativeCodeStartedKeepsNobodyWaitingForADeadWorker(@TempDir Path folder) throws Exception {
        String file = folder.resolve("pid").toString();
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertThatThrownBy(() -> workers.jobs(1).range(1, _ -> {
                        system("sleep 1000 >/dev/null 2>&1 </dev/null & echo $! >" + file);
                        Runtime.getRuntime().halt(4);
                        return 0;
                    }))
                    .cause()
                    .isInstanceOf(TerminatedWorkerException.class)
                    .hasMessageContaining("exit code 4");
        } finally {
            ProcessHandle.of(pid(file)).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void aProcessThatNativeCodeStartedKeepsNoWorkerOfADeadParent(@TempDir Path folder) throws Exception {
        String sleeper = folder.resolve("pid").toString();
        String orphan = folder.resolve("worker").toString();
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertThatThrownBy(() -> workers.jobs(1)
                            .range(
                                    1,
                                    _ -> { // this worker is the parent of another
                                        long pid = Parallel.builder()
                                                .backend("processes")
                                                .jobs(1)
                                                .build()
                                                .range(
                                                        1,
                                                        _ -> ProcessHandle.current()
                                                                .pid())
                                                .getFirst();
                                        write(orphan, pid);
                                        system("sleep 1000 >/dev/null 2>&1 </dev/null & echo $! >" + sleeper);
                                        Runtime.getRuntime().halt(4);
                                        return 0;
                                    }))
                    .cause()
                    .isInstanceOf(TerminatedWorkerException.class);

            OwnWorkers.awaitEnd(List.of(pid(orphan)));
        } finally {
            ProcessHandle.of(pid(sleeper)).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private static void write(String file, long pid) {
        try {
            Files.writeString(Path.of(file), Long.toString(pid));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long pid(String file) throws IOException {
        return Long.parseLong(Files.readString(Path.of(file)).strip());
    }

    private static void system(String command) {
        Linker linker = Linker.nativeLinker();
        try (Arena arena = Arena.ofConfined()) {
            linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("system"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                    .invokeWithArguments(arena.allocateFrom(command));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aTimeLimitHoldsEachTaskOfABatch() {
        Parallel limited = Parallel.builder()
                .backend("processes")
                .jobs(2)
                .batchSize(10)
                .timeLimit(Duration.ofSeconds(1))
                .build();
        List<Outcome<Integer>> outcomes =
                limited.outcomes(IntStream.range(0, 10).boxed().toList(), input -> {
                    if (input == 1) {
                        new CountDownLatch(1).await();
                    }
                    return input;
                });
        assertThat(outcomes).filteredOn(outcome -> !outcome.isSuccess()).hasSize(1);
        assertThatThrownBy(() -> outcomes.get(1).get()).hasRootCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void closingASharedBackendLeavesTheCallsOfOthers() throws Exception {
        try (ExecutorService caller = Executors.newSingleThreadExecutor()) {
            Future<List<Long>> others = caller.submit(() -> Parallel.builder()
                    .backend("processes")
                    .jobs(3)
                    .build()
                    .range(30, index -> {
                        new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS);
                        return ProcessHandle.current().pid();
                    }));
            for (int i = 0; i < 20 && !others.isDone(); i++) {
                ProcessesBackend.create().close();
            }
            assertThat(others.get(40, TimeUnit.SECONDS)).hasSize(30);
        }
    }

    @Test
    void workersThatAreKeptForEverAreKept() {
        try (var backend = ProcessesBackend.builder()
                        .idleLimit(ChronoUnit.FOREVER.getDuration())
                        .spareWorkers(0)
                        .build();
                var _ = ParallelConfig.backend(backend).jobs(1).open()) {
            assertThat(Parallel.create().range(3, index -> index)).containsExactly(0, 1, 2);
        }
    }

    @Test
    void aWorkerThatHasGrownInItsCallsLastTaskEnds() {
        try (var backend = ProcessesBackend.builder()
                .memoryGrowthBytes(40L << 20)
                .spareWorkers(0)
                .build()) {
            Parallel one = Parallel.builder().backend(backend).jobs(1).build();
            List<Long> pids = one.range(1, index -> ProcessHandle.current().pid());
            Parallel growing = Parallel.builder().backend(backend).jobs(1).build();
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                growing.range(1, LaneCasesTest::keeps30Megabytes);
                return ProcessHandle.of(pids.getFirst()).isEmpty();
            });
        }
    }

    @Test
    void anInitializerThatNeverEndsFailsTheCallInTime() {
        try (var backend = ProcessesBackend.builder()
                .initializer(LaneCasesTest::neverEnds)
                .startTimeout(Duration.ofSeconds(3))
                .build()) {
            Parallel one = Parallel.builder().backend(backend).jobs(1).build();
            assertThatThrownBy(() -> one.range(1, index -> index)).hasMessageContaining("startTimeout");
        }
    }

    @Test
    void aResultIsWhatItWasWhenItsTaskEnded() {
        List<Holder> results = parallel().range(1000, index -> {
            SCRATCH[0] = index;
            return new Holder(SCRATCH);
        });
        assertThat(results.stream().map(holder -> holder.values()[0]).toList())
                .containsExactlyElementsOf(IntStream.range(0, 1000).boxed().toList());
    }

    private static final int[] SCRATCH = new int[1];
    private static final List<byte[]> KEPT = new ArrayList<>();

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Holder(int[] values) implements Serializable {}

    private static final class Unreadable implements Serializable {
        private static final long serialVersionUID = 1L;

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            throw new IOException("not to be read");
        }
    }

    private interface Task<T> extends Callable<T>, Serializable {}

    private static void awaitHere(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int keeps30Megabytes(int index) {
        byte[] kept = new byte[30 << 20];
        Arrays.fill(kept, (byte) 1);
        KEPT.add(kept);
        return index;
    }

    private static void neverEnds() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
