package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.ParallelException;
import io.heddle.TaskContext;
import io.heddle.TaskFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tasks over their time limit, and tasks of a stopped call that heed no interrupt, end with their process; other workers live on. */
@Timeout(120)
final class TimeLimitOfProcessesTest {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final AtomicInteger LAST_SIGNAL = new AtomicInteger();

    @TempDir
    private Path temporary;

    private Traces traces;
    private ProcessesBackend backend;

    @BeforeEach
    void open() throws IOException {
        traces = Traces.watch(temporary);
        backend = ProcessesBackend.create();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        backend.close();
        traces.close();
    }

    private Parallel jobs(int jobs) {
        return Parallel.builder().backend(backend).jobs(jobs).batchSize(1).build();
    }

    private Parallel limited(int retries) {
        return Parallel.builder()
                .backend(backend)
                .jobs(2)
                .timeLimit(LIMIT)
                .retries(retries)
                .build();
    }

    private String signal() {
        return temporary.resolve("signal" + LAST_SIGNAL.incrementAndGet()).toString();
    }

    private List<Long> pids() {
        String here = signal();
        return jobs(2).range(2, index -> {
            Signals.give(here + "-" + index);
            Signals.await(here + "-" + (1 - index));
            return ProcessHandle.current().pid();
        });
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
    }

    @Test
    void aTaskOverItsLimitIsKilledWithItsProcessAndItsNeighbourKeepsItsOwn() {
        List<Long> before = pids();
        String dead = signal();
        List<Outcome<Long>> outcomes = limited(0).outcomes(List.of("fast", "slow", "fast", "fast"), input -> {
            if (input.equals("slow")) {
                Signals.give(dead + "-" + ProcessHandle.current().pid());
                new Semaphore(0).acquireUninterruptibly();
            }
            return ProcessHandle.current().pid();
        });

        assertThat(outcomes).extracting(Outcome::isSuccess).containsExactly(true, false, true, true);
        TaskFailedException failure = catchThrowableOfType(TaskFailedException.class, outcomes.get(1)::get);
        assertThat(failure.taskIndex()).isEqualTo(1);
        assertThat(failure.getCause())
                .isInstanceOf(TimeoutException.class)
                .hasMessageContaining("PT2S")
                .hasMessageContaining("killed");
        long killed = before.stream()
                .filter(pid -> Signals.isGiven(dead + "-" + pid))
                .findFirst()
                .orElseThrow();
        await().until(() -> !isAlive(killed));
        List<Long> survivors = before.stream().filter(pid -> pid != killed).toList();
        assertThat(pids()).containsAll(survivors).doesNotContain(killed);
    }

    @Test
    void theFirstTaskOverItsLimitFailsTheCall() {
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class,
                () -> limited(0).range(8, index -> {
                    if (index == 5) {
                        new Semaphore(0).acquireUninterruptibly();
                    }
                    return index;
                }));

        assertThat(failure.taskIndex()).isEqualTo(5);
        assertThat(failure.getCause()).isInstanceOf(TimeoutException.class);
        assertThat(failure).hasMessageNotContaining("still running");
        assertThat(pids()).hasSize(2);
    }

    @Test
    void aTaskOverItsLimitIsTriedAgain() {
        String first = signal();
        List<Integer> results = limited(1).range(4, index -> {
            if (index == 2 && !Signals.isGiven(first)) {
                Signals.give(first);
                new Semaphore(0).acquireUninterruptibly();
            }
            return index;
        });

        assertThat(results).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aLimitCountsTheTaskAndNotItsWaitForOthers() {
        List<Integer> results = Parallel.builder()
                .backend(backend)
                .jobs(2)
                .timeLimit(Duration.ofSeconds(20))
                .build()
                .range(40, index -> {
                    boolean _ = new CountDownLatch(1).await(5, java.util.concurrent.TimeUnit.MILLISECONDS);
                    return index;
                });

        assertThat(results).hasSize(40);
    }

    @Test
    void aTaskThatIgnoresItsInterruptIsKilledWhenTheCallIsStopped() {
        List<Long> before = pids();
        String running = signal();
        ParallelException failure = catchThrowableOfType(
                ParallelException.class,
                () -> jobs(2).range(2, index -> {
                    if (index == 0) {
                        Signals.give(running);
                        while (true) {
                            new Semaphore(0).acquireUninterruptibly();
                        }
                    }
                    Signals.await(running);
                    throw new IllegalStateException("stops the call");
                }));

        assertThat(failure).isInstanceOf(TaskFailedException.class).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(failure).hasMessageNotContaining("still running");
        await().untilAsserted(() -> assertThat(before.stream().filter(TimeLimitOfProcessesTest::isAlive))
                .hasSize(1));
        assertThat(pids()).hasSize(2).containsAnyElementsOf(before);
    }

    @Test
    void aTaskThatHeedsItsInterruptKeepsItsProcess() {
        List<Long> before = pids();
        String running = signal();
        ParallelException failure = catchThrowableOfType(
                ParallelException.class,
                () -> jobs(2).range(2, index -> {
                    if (index == 0) {
                        Signals.give(running);
                        new CountDownLatch(1).await();
                    }
                    Signals.await(running);
                    throw new IllegalStateException("stops the call");
                }));

        assertThat(failure).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(pids()).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void anInterruptedCallerKillsWhatIgnoresItsInterrupt() throws Exception {
        List<Long> before = pids();
        String running = signal();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread caller = new Thread(() -> {
            try {
                jobs(2).range(2, index -> {
                    Signals.give(running + "-" + index);
                    new Semaphore(0).acquireUninterruptibly();
                    return index;
                });
            } catch (Throwable e) {
                thrown.complete(e);
            }
        });
        caller.start();
        Signals.await(running + "-0");
        Signals.await(running + "-1");
        caller.interrupt();

        await().atMost(Duration.ofSeconds(30)).until(thrown::isDone);
        assertThat(thrown.join()).hasMessageNotContaining("still running");
        await().untilAsserted(() -> assertThat(before.stream().filter(TimeLimitOfProcessesTest::isAlive))
                .isEmpty());
        assertThat(pids()).hasSize(2).doesNotContainAnyElementsOf(before);
    }

    @Test
    void aStreamThatIsClosedKillsWhatIgnoresItsInterrupt() {
        List<Long> before = pids();
        String running = signal();
        try (Stream<Integer> results = jobs(2).ordered(List.of(0, 1, 2, 3), input -> {
            if (input > 0) {
                Signals.give(running);
                while (!TaskContext.current().orElseThrow().isCancelled() || input > 0) {
                    new Semaphore(0).acquireUninterruptibly();
                }
            }
            return input;
        })) {
            assertThat(results.iterator().next()).isZero();
            Signals.await(running);
        }

        await().untilAsserted(() -> assertThat(before.stream().filter(TimeLimitOfProcessesTest::isAlive))
                .hasSizeLessThan(2));
        assertThat(pids()).hasSize(2);
    }
}
