package io.heddle;

import static io.heddle.fixture.Elsewhere.HANG;
import static io.heddle.fixture.Elsewhere.awaitUninterruptibly;
import static io.heddle.fixture.Elsewhere.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Executors and futures over a {@link Parallel} where tasks are cancelled, interrupted or stuck. */
@Timeout(60)
class ExecutorCasesTest {
    private static void awaitOrNote(CountDownLatch latch, CountDownLatch interrupted) throws InterruptedException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            interrupted.countDown();
            throw e;
        }
    }

    private static boolean happens(CountDownLatch latch) throws InterruptedException {
        return latch.await(HANG.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void invokeAnyInterruptsTheTasksThatAreNotWantedAnyMore() throws Exception {
        CountDownLatch loserRuns = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (ExecutorService executor = Parallel.jobs(2).executor()) {
            assertThat(executor.<String>invokeAny(List.of(
                            () -> {
                                loserRuns.countDown();
                                awaitOrNote(never, interrupted);
                                return "loser";
                            },
                            () -> {
                                loserRuns.await();
                                return "winner";
                            })))
                    .isEqualTo("winner");
            assertThat(happens(interrupted)).isTrue();
        } finally {
            never.countDown();
        }
    }

    private static boolean waitsForATask(Thread worker) {
        return worker.getState() == Thread.State.WAITING
                && Stream.of(worker.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("hasNext"));
    }

    @Test
    void aWaitingWorkerThatAStrangerInterruptsTakesTheNextTask() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        ExecutorService executor = Parallel.jobs(2).executor();
        try {
            Future<?> held = executor.submit(() -> {
                hold.await();
                return null;
            });
            Thread worker = executor.submit(() -> Thread.currentThread()).get();
            await().atMost(HANG).until(() -> waitsForATask(worker));
            worker.interrupt();
            assertThat(executor.submit(() -> "next").get(HANG.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo("next");
            assertThat(held.isDone()).isFalse();
        } finally {
            hold.countDown();
            executor.close();
        }
    }

    @Test
    void anUncaughtExceptionHandlerThatThrowsHarmsNoOtherTask() throws Exception {
        CountDownLatch handled = new CountDownLatch(1);
        try (ExecutorService executor = Parallel.jobs(2).executor()) {
            Future<String> other = executor.submit(() -> {
                handled.await();
                return "fine";
            });
            executor.execute(() -> {
                Thread.currentThread().setUncaughtExceptionHandler((_, _) -> {
                    Thread.currentThread().setUncaughtExceptionHandler(null);
                    handled.countDown();
                    throw new IllegalStateException("handler");
                });
                throw new IllegalArgumentException("task");
            });
            assertThat(other.get(HANG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("fine");
        }
    }

    @Test
    void isNotTerminatedWhileATaskThatHeedsNoInterruptRuns() throws Exception {
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ExecutorService executor = Parallel.jobs(2).executor();
        try {
            Future<?> stuck = executor.submit(() -> {
                runs.countDown();
                awaitUninterruptibly(release);
            });
            assertThat(happens(runs)).isTrue();
            executor.shutdownNow();
            await().atMost(HANG).until(stuck::isDone); // given up by its call
            assertThat(executor.isTerminated()).isFalse();
        } finally {
            release.countDown();
        }
        assertThat(executor.awaitTermination(HANG.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
    }

    @Test
    void completingAFutureFromElsewhereStopsItsCall() throws Exception {
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try {
            CompletableFuture<List<Integer>> future = Parallel.jobs(2).mapAsync(List.of(1, 2), input -> {
                runs.countDown();
                awaitOrNote(never, interrupted);
                return input;
            });
            assertThat(happens(runs)).isTrue();
            future.complete(List.of());
            assertThat(happens(interrupted)).isTrue();
        } finally {
            never.countDown();
        }
    }

    @Test
    void theHandlerIsToldOfATaskWhoseCallCannotRun() throws Exception {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        Thread.setDefaultUncaughtExceptionHandler((_, failure) -> told.complete(failure));
        try (ExecutorService executor = Parallel.builder()
                .backend("virtual-threads")
                .innerMaxNumThreads(1) // which that backend cannot hold
                .build()
                .executor()) {
            executor.execute(() -> {});
            assertThat(told.get(HANG.toSeconds(), TimeUnit.SECONDS))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("virtual-threads");
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    @Test
    void theFailureOfALaterResultShowsWhereTheCallWasMade() {
        CompletableFuture<List<Integer>> future = Parallel.jobs(2).mapAsync(List.of(1, 2), _ -> {
            throw new IllegalStateException("task");
        });
        assertThatThrownBy(() -> future.get(HANG.toSeconds(), TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(TaskFailedException.class)
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .singleElement()
                        .satisfies(made -> assertThat(made.getStackTrace())
                                .anySatisfy(frame -> assertThat(frame.getMethodName())
                                        .isEqualTo("theFailureOfALaterResultShowsWhereTheCallWasMade"))));
    }

    @Test
    void aCallWhoseProducerWaitsHoldsNoCpu() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        Iterator<Integer> waiting = new Iterator<>() {
            @Override
            public boolean hasNext() {
                awaitUninterruptibly(end);
                return false;
            }

            @Override
            public Integer next() {
                throw new NoSuchElementException();
            }
        };
        CountDownLatch given = new CountDownLatch(1);
        Future<List<Integer>> call = started(() -> {
            given.countDown();
            return Parallel.builder().backend("threads").build().map(waiting, input -> input);
        });
        try {
            assertThat(happens(given)).isTrue();
            await().atMost(HANG)
                    .until(() -> Thread.getAllStackTraces().values().stream()
                            .flatMap(Stream::of)
                            .anyMatch(frame -> frame.getMethodName().equals("awaitUninterruptibly")));
            await().atMost(HANG)
                    .until(() -> Parallel.jobs(1)
                            .range(1, _ -> Parallel.usableCpus())
                            .equals(List.of(Parallel.usableCpus())));
        } finally {
            end.countDown();
        }
        assertThat(call.get(HANG.toSeconds(), TimeUnit.SECONDS)).isEmpty();
    }
}
