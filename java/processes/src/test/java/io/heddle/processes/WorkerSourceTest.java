package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.ParallelException;
import io.heddle.TaskFailedException;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.fixture.LoopbackBackend;
import io.heddle.processes.fixture.LoopbackWorkers.Link;
import io.heddle.processes.wire.ProtocolException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import outside.Stamp;

/** What a call does with workers that come from elsewhere. */
@Timeout(60)
final class WorkerSourceTest {
    private static final Duration HANG = Duration.ofSeconds(30);

    private final List<LoopbackBackend> backends = new ArrayList<>();

    @AfterEach
    void endWorkers() {
        backends.forEach(LoopbackBackend::close);
        for (LoopbackBackend backend : backends) {
            await().atMost(HANG).until(() -> backend.workers().links().stream().noneMatch(Link::isAlive));
        }
    }

    private LoopbackBackend backend() {
        return backend(null);
    }

    private LoopbackBackend backend(WorkerInitializer initializer) {
        LoopbackBackend made = new LoopbackBackend(initializer);
        backends.add(made);
        return made;
    }

    private static Parallel on(LoopbackBackend backend, int jobs) {
        return Parallel.builder().backend(backend).jobs(jobs).build();
    }

    @Test
    void workersAreAskedForWithTheirShareOfTheCpusElsewhere() {
        LoopbackBackend backend = backend();
        assertThat(on(backend, -1).effectiveJobs()).isEqualTo(LoopbackBackend.CPUS);
        assertThat(on(backend, 3).range(3, _ -> Parallel.usableCpus())).containsOnly(LoopbackBackend.CPUS / 3);
        assertThat(backend.workers().links()).extracting(Link::asked).contains("4 threads, 4 CPUs");
        LoopbackBackend explicit = backend();
        Parallel.builder()
                .backend(explicit)
                .jobs(2)
                .innerMaxNumThreads(5)
                .build()
                .range(2, index -> index);
        assertThat(explicit.workers().links()).extracting(Link::asked).contains("5 threads exactly, 6 CPUs");
    }

    @Test
    void classesOfTheClassPathAreAskedForWhereWorkersDoNotHaveIt() {
        List<Stamp> stamps = IntStream.range(0, 50)
                .mapToObj(number -> new Stamp(number, "here"))
                .toList();
        List<Stamp> stamped = on(backend(), 2).map(stamps, Stamp.maker());
        assertThat(stamped).extracting(Stamp::number).startsWith(0, 2, 4).endsWith(98);
        assertThat(stamped).extracting(Stamp::loader).allMatch(loader -> loader.startsWith("heddle-"));
    }

    @Test
    void largeResultsAreSplitByTheirBound() {
        List<byte[]> results = on(backend(), 2).range(40, index -> new byte[300_000]);
        assertThat(results).hasSize(40).allMatch(result -> result.length == 300_000);
        assertThatThrownBy(() -> on(backend(), 2).range(1, index -> new byte[2_000_000]))
                .isInstanceOf(TaskFailedException.class)
                .cause()
                .isInstanceOf(TaskTransferException.class)
                .hasMessageContaining("could not be sent back from a loopback worker")
                .hasMessageContaining("maxFrameBytes");
    }

    @Test
    void aWorkerThatDiesIsNamedAsItsSourceNamesIt() throws Exception {
        LoopbackBackend backend = backend();
        CountDownLatch killed = new CountDownLatch(1);
        Thread killer = Thread.ofPlatform().start(() -> {
            await().atMost(HANG).until(() -> RUNNING.getCount() == 0);
            backend.workers().links().forEach(Link::kill);
            killed.countDown();
        });
        assertThatThrownBy(() -> on(backend, 1).range(1, _ -> runForEver()))
                .isInstanceOf(TaskFailedException.class)
                .cause()
                .isInstanceOf(TerminatedWorkerException.class)
                .hasMessageContaining("loopback worker loop 0 ended while it ran task 0");
        killed.await();
        killer.join();
        assertThat(on(backend, 1).range(3, index -> index)).containsExactly(0, 1, 2);
        assertThat(backend.workers().links()).hasSize(2);
    }

    private static final CountDownLatch RUNNING = new CountDownLatch(1);

    private static int runForEver() throws InterruptedException {
        RUNNING.countDown();
        new CountDownLatch(1).await();
        return 0;
    }

    @Test
    void aWorkerThatIsSentGarbageTellsItsHost() {
        LoopbackBackend backend = backend();
        on(backend, 1).range(1, index -> index);
        Link link = backend.workers().links().getFirst();
        link.writeRaw(new byte[] {0, 0, 0, 1, 99});
        await().atMost(HANG).until(() -> !link.isAlive() && link.onExit().isDone());
        assertThat(link.defects())
                .singleElement()
                .isInstanceOf(ProtocolException.class)
                .asString()
                .contains("unknown type 99");
        assertThat(on(backend, 1).range(1, index -> index)).containsExactly(0);
    }

    @Test
    void anInitializerThatThrowsEndsTheWorkerInGoodOrder() {
        LoopbackBackend backend = backend(() -> {
            throw new IllegalStateException("no licence here");
        });
        assertThatThrownBy(() -> on(backend, 1).range(1, index -> index))
                .isInstanceOf(ParallelException.class)
                .cause()
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageContaining("initializer of a loopback worker threw")
                .hasMessageContaining("no licence here");
        assertThat(backend.workers().links()).allMatch(link -> link.defects().isEmpty());
    }

    @Test
    void theSourceIsToldWhenAClosedPoolHasNoWorkerAnyMore() {
        LoopbackBackend backend = backend();
        on(backend, 2).range(20, index -> index);
        assertThat(backend.workers().closed()).isZero();
        backend.close();
        await().atMost(HANG).until(() -> backend.workers().closed() > 0);
        assertThat(backend.workers().links()).noneMatch(Link::isAlive);
    }

    @Test
    void aScatteredValueThatFoundNoMemoryIsSentForTheNextTask() {
        LoopbackBackend backend = backend();
        double[] x = {1, 2, 3};
        backend.workers().haveNoMemoryOnce();
        try (var _ = ParallelConfig.backend(backend).jobs(1).scatter(x).open()) {
            List<Outcome<Integer>> outcomes = Parallel.create().outcomes(List.of(x, x), input -> input.length);
            assertThat(outcomes).extracting(Outcome::isSuccess).containsExactly(false, true);
            assertThatThrownBy(() -> outcomes.getFirst().get()).hasStackTraceContaining("OutOfMemoryError: a test's");
            assertThat(outcomes.getLast().get()).isEqualTo(3);
            assertThat(Parallel.create().range(4, _ -> x.length)).containsOnly(3);

            backend.workers().haveNoMemoryOnce();
            double[] y = {4};
            try (var _ = ParallelConfig.create().scatter(y).open()) {
                assertThat(Parallel.create().outcomes(List.of(0, 1, 2), _ -> y.length))
                        .extracting(Outcome::isSuccess)
                        .containsExactly(false, true, true);
            }
        }
        assertThat(backend.workers().links()).hasSize(1);
    }

    @Test
    void workersOfAClosedPoolLeaveNoThreadBehind() {
        LoopbackBackend backend = backend();
        List<Thread> others = workerThreads();
        on(backend, 2).range(20, index -> index);
        List<Thread> before = new ArrayList<>(workerThreads());
        before.removeAll(others);
        assertThat(before).isNotEmpty();
        backend.close();
        await().atMost(HANG).until(() -> before.stream().noneMatch(Thread::isAlive));
    }

    private static List<Thread> workerThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("heddle-worker")
                        || thread.getName().equals("heddle-frames")
                        || thread.getName().startsWith("heddle-worker-loop"))
                .toList();
    }
}
