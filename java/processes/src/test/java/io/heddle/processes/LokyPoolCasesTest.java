package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.ParallelException;
import io.heddle.TaskFailedException;
import io.heddle.processes.failure.BrokenPoolException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What loky's tests say of workers that are kept: see {@code LOKY.md}. */
@Timeout(60)
class LokyPoolCasesTest {
    private static final AtomicInteger CALLS = new AtomicInteger();
    private static final List<ByteBuffer> LEAK = new ArrayList<>();

    @Test
    void callsOneAfterTheOtherHaveTheSameWorkers() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create()) {
            Set<Long> first = workers.pids(2);
            assertThat(first).hasSize(2).doesNotContain(OwnWorkers.pid());
            for (int call = 0; call < 5; call++) {
                assertThat(workers.pids(2)).isEqualTo(first);
            }
            assertThat(workers.living()).isEqualTo(first);
        }
    }

    @Test
    void workersComeAndStayAsCallsWantMoreOrFewer() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create()) {
            Set<Long> two = workers.pids(2);
            assertThat(two).containsAll(workers.pids(1));
            assertThat(workers.pids(2)).isEqualTo(two);
            assertThat(workers.pids(3)).hasSize(3).containsAll(two);
            assertThat(workers.living()).hasSize(3);
        }
    }

    @Test
    void callsOfChangingSizesOverlap() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create()) {
            List<Integer> inputs = IntStream.range(0, 40).boxed().toList();
            List<CompletableFuture<List<Integer>>> calls = new ArrayList<>();
            for (int jobs : new int[] {1, 3, 1, 2}) {
                calls.add(workers.jobs(jobs).mapAsync(inputs, input -> {
                    OwnWorkers.pause(1);
                    return input;
                }));
            }
            for (CompletableFuture<List<Integer>> call : calls) {
                assertThat(call.get(30, TimeUnit.SECONDS)).isEqualTo(inputs);
            }
        }
    }

    @Test
    void aCallMayHaveMoreWorkersThanThereAreCpus() throws Exception {
        int jobs = Parallel.usableCpus() + 2;
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertThat(workers.pids(jobs)).hasSize(jobs);
        }
    }

    @Test
    void idleWorkersEndAndTheNextCallHasNewOnes() throws Exception {
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().idleLimit(Duration.ofMillis(100)))) {
            Set<Long> all = new TreeSet<>();
            for (int jobs : new int[] {2, 3, 1}) {
                Set<Long> now = workers.pids(jobs);
                assertThat(now).hasSize(jobs).noneMatch(all::contains);
                all.addAll(now);
                await().atMost(20, TimeUnit.SECONDS)
                        .until(() -> workers.living().isEmpty());
                OwnWorkers.awaitEnd(now);
            }
        }
    }

    @Test
    void aWorkerThatIsAboutToEndLosesNoTaskThatIsSlowToBeSent() {
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().idleLimit(Duration.ofMillis(10)))) {
            for (int call = 0; call < 5; call++) {
                List<SlowToSend> inputs = IntStream.range(0, 4)
                        .mapToObj(number -> new SlowToSend(number, 15))
                        .toList();
                assertThat(workers.jobs(2).map(inputs, input -> input.number)).containsExactly(0, 1, 2, 3);
                OwnWorkers.pause(5L * call);
            }
        }
    }

    @Test
    void anIdleWorkerThatDiedIsReplacedWithoutAWord() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create()) {
            List<Long> before = List.copyOf(workers.pids(2));
            OwnWorkers.kill(before.getFirst());
            OwnWorkers.awaitEnd(before.subList(0, 1));
            assertThat(workers.pids(2)).contains(before.get(1)).doesNotContain(before.getFirst());
        }
    }

    @Test
    void workersOfOtherSettingsAreOthersAndEqualSettingsShareThem() throws Exception {
        ProcessesBackend.Builder settings = OwnWorkers.settings().environment("KIND", "first");
        try (OwnWorkers workers = OwnWorkers.of(settings);
                ProcessesBackend equal = settings.build();
                OwnWorkers other = OwnWorkers.of(settings.environment("KIND", "other"))) {
            Set<Long> pids = workers.pids(1);
            assertThat(pidsOf(equal)).isEqualTo(List.copyOf(pids));
            assertThat(other.pids(1)).doesNotContainAnyElementsOf(pids);
            assertThat(other.jobs(1).range(1, _ -> System.getenv("KIND"))).containsExactly("other");
            assertThat(workers.jobs(1).range(1, _ -> System.getenv("KIND"))).containsExactly("first");
        }
    }

    @Test
    void settingsMayChangeWithEachCallOfManyThreads() throws Exception {
        ProcessesBackend.Builder settings = OwnWorkers.settings();
        List<CompletableFuture<List<String>>> calls = new ArrayList<>();
        List<ProcessesBackend> backends = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                ProcessesBackend backend =
                        settings.environment("KIND", "" + i % 2).build();
                backends.add(backend);
                calls.add(Parallel.builder()
                        .backend(backend)
                        .jobs(1)
                        .build()
                        .mapAsync(List.of("a", "b"), input -> input + System.getenv("KIND")));
            }
            for (int i = 0; i < calls.size(); i++) {
                assertThat(calls.get(i).get(30, TimeUnit.SECONDS)).containsExactly("a" + i % 2, "b" + i % 2);
            }
        } finally {
            backends.forEach(ProcessesBackend::close);
        }
    }

    @Test
    void aClosedBackendEndsItsWorkersAndALaterCallHasOthers() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create()) {
            Set<Long> before = workers.pids(2);
            workers.backend().close();
            OwnWorkers.awaitEnd(before);
            assertThat(workers.pids(1)).doesNotContainAnyElementsOf(before);
        }
    }

    @Test
    void closingLetsTheCallsThatRunEnd() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create()) {
            Set<Long> pids = workers.pids(2);
            CompletableFuture<List<Integer>> call = workers.jobs(2)
                    .mapAsync(IntStream.range(0, 20).boxed().toList(), input -> {
                        OwnWorkers.pause(20);
                        return input;
                    });
            workers.backend().close();
            assertThat(call.handle((results, failure) -> failure == null ? results.size() : failure.getClass())
                            .get(30, TimeUnit.SECONDS))
                    .isIn(20, BrokenPoolException.class, ParallelException.class);
            OwnWorkers.awaitEnd(pids);
        }
    }

    @Test
    void freshWorkersServeOneCallAndEndWithIt() {
        Parallel parallel =
                Parallel.builder().backend("fresh-processes").jobs(2).build();
        Set<Long> first = new TreeSet<>(parallel.range(4, _ -> countAndPid()[1]));
        assertThat(parallel.range(1, _ -> countAndPid()[0])).containsExactly(1L);
        OwnWorkers.awaitEnd(first);
    }

    private static long[] countAndPid() {
        return new long[] {CALLS.incrementAndGet(), OwnWorkers.pid()};
    }

    // the initializer

    @Test
    void theInitializerRunsOnceInEachWorkerBeforeItsTasks(@TempDir Path folder) throws Exception {
        Path log = folder.resolve("log");
        String file = log.toString();
        WorkerInitializer initializer = () -> {
            append(Path.of(file), OwnWorkers.pid() + "\n");
            System.setProperty("initialized", "done");
        };
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().initializer(initializer))) {
            Set<Long> pids = workers.pids(2);
            assertThat(workers.jobs(2).range(10, _ -> System.getProperty("initialized", "no")))
                    .containsOnly("done");
            assertThat(new TreeSet<>(Files.readAllLines(log)))
                    .isEqualTo(new TreeSet<>(pids.stream().map(String::valueOf).toList()));
            assertThat(Files.readAllLines(log)).hasSize(2);
        }
    }

    private static void append(Path file, String text) {
        try {
            Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anotherInitializerHasWorkersOfItsOwn() throws Exception {
        ProcessesBackend.Builder settings = OwnWorkers.settings();
        try (OwnWorkers first = OwnWorkers.of(settings.initializer(() -> System.setProperty("state", "done")));
                OwnWorkers second = OwnWorkers.of(settings.initializer(() -> System.setProperty("state", "42")))) {
            for (int call = 0; call < 2; call++) {
                assertThat(first.jobs(1).range(1, _ -> System.getProperty("state")))
                        .containsExactly("done");
                assertThat(second.jobs(1).range(1, _ -> System.getProperty("state")))
                        .containsExactly("42");
            }
            assertThat(first.pids(1)).doesNotContainAnyElementsOf(second.pids(1));
        }
    }

    @Test
    void anInitializerThatFailsFailsTheCallAndTheNextCallTriesAgain(@TempDir Path folder) throws Exception {
        Path allowed = folder.resolve("allowed");
        String file = allowed.toString();
        WorkerInitializer initializer = () -> {
            if (!Files.exists(Path.of(file))) {
                throw new IllegalStateException("no model at " + file);
            }
        };
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().initializer(initializer))) {
            ParallelException failure = catchThrowableOfType(
                    ParallelException.class, () -> workers.jobs(2).range(4, index -> index));
            assertThat(failure).hasMessageContainingAll("initializer", "no model at " + file);
            assertThat(failure).hasCauseInstanceOf(BrokenPoolException.class);
            assertThat(failure).hasRootCauseInstanceOf(IllegalStateException.class);
            Files.createFile(allowed);
            assertThat(workers.jobs(2).range(4, index -> index)).containsExactly(0, 1, 2, 3);
        }
    }

    @Test
    void anInitializerMayThrowWhatItLikes() {
        WorkerInitializer initializer = () -> {
            throw new FileNotFoundException("no model");
        };
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().initializer(initializer))) {
            assertThatThrownBy(() -> workers.jobs(1).range(1, index -> index))
                    .isInstanceOf(ParallelException.class)
                    .hasRootCauseInstanceOf(FileNotFoundException.class);
        }
    }

    // who shares them

    @Test
    void theLastOfThoseThatShareWorkersEndsThem() throws Exception {
        ProcessesBackend.Builder settings = OwnWorkers.settings();
        ProcessesBackend first = settings.build();
        ProcessesBackend second = settings.build();
        ProcessesBackend never = settings.build();
        Set<Long> pids = new TreeSet<>(pidsOf(first));
        assertThat(pidsOf(second)).isEqualTo(List.copyOf(pids));
        first.close();
        first.close();
        never.close();
        assertThat(pids).allMatch(OwnWorkers::isAlive);
        assertThat(pidsOf(second)).isEqualTo(List.copyOf(pids));

        second.close();
        OwnWorkers.awaitEnd(pids);

        List<Long> next = pidsOf(first); // a closed one can go on, with new workers
        assertThat(next).doesNotContainAnyElementsOf(pids);
        first.close();
        OwnWorkers.awaitEnd(next);
    }

    private static List<Long> pidsOf(ProcessesBackend backend) {
        return Parallel.builder().backend(backend).jobs(1).build().range(1, _ -> OwnWorkers.pid());
    }

    // memory

    @Test
    void aWorkerThatGrowsIsReplacedBetweenTasksAndNothingIsLost() throws Exception {
        int pieceBytes = 16 << 20;
        ProcessesBackend.Builder settings =
                OwnWorkers.settings().memoryGrowthBytes(64L << 20).jvmOptions("-XX:MaxDirectMemorySize=2g");
        try (OwnWorkers workers = OwnWorkers.of(settings)) {
            List<long[]> tasks = workers.call(1).batchSize(1).build().range(24, _ -> leak(pieceBytes));
            assertThat(tasks).hasSize(24);
            assertThat(tasks.stream().map(task -> task[0]).distinct().count()).isGreaterThan(1);
            assertThat(tasks).allSatisfy(task -> assertThat(task[1]).isLessThan(24L * pieceBytes));
        }
    }

    /** Keeps some memory for good; takes as long that the worker looks at its memory soon. */
    private static long[] leak(int bytes) {
        ByteBuffer piece = ByteBuffer.allocateDirect(bytes);
        for (int i = 0; i < bytes; i += 4096) {
            piece.put(i, (byte) 1);
        }
        LEAK.add(piece);
        OwnWorkers.pause(150);
        return new long[] {OwnWorkers.pid(), (long) LEAK.size() * bytes};
    }

    @Test
    void garbageDoesNotMakeAWorkerGrow() throws Exception {
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().memoryGrowthBytes(200L << 20))) {
            assertThat(workers.call(1).build().range(60, _ -> {
                        byte[][] garbage = new byte[64][1 << 20];
                        OwnWorkers.pause(30);
                        return garbage.length > 0 ? OwnWorkers.pid() : 0;
                    }))
                    .as("one worker served all tasks")
                    .hasSize(60)
                    .containsOnly(workers.living().iterator().next());
        }
    }

    @Test
    void workersKeepTheirPlaceAfterAFailingTask() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create()) {
            Set<Long> before = workers.pids(2);
            for (int call = 0; call < 3; call++) {
                assertThatThrownBy(() -> workers.jobs(2).range(4, index -> {
                            throw new IllegalStateException("task " + index);
                        }))
                        .isInstanceOf(TaskFailedException.class)
                        .hasCauseInstanceOf(IllegalStateException.class);
                assertThat(workers.pids(2)).isEqualTo(before);
            }
        }
    }

    /** Takes a while to be serialised. */
    private static final class SlowToSend implements Serializable {
        private static final long serialVersionUID = 1L;

        private final int number;
        private final long millis;

        SlowToSend(int number, long millis) {
            this.number = number;
            this.millis = millis;
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            OwnWorkers.pause(millis);
            out.defaultWriteObject();
        }
    }
}
