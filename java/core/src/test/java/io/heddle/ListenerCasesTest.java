package io.heddle;

import static io.heddle.fixture.Elsewhere.HANG;
import static io.heddle.fixture.Elsewhere.elsewhere;
import static io.heddle.fixture.Elsewhere.started;
import static io.heddle.fixture.Inputs.upTo;
import static io.heddle.fixture.Sneakily.throwUnchecked;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listeners that are slow, that throw, that make calls, and what they are told of streams. */
@Timeout(60)
class ListenerCasesTest {
    private static final int STREAMS = 300; // the last worker may leave before or after the last result is consumed

    private static final class Ends implements ParallelListener {
        final Queue<CallStatus> told = new ConcurrentLinkedQueue<>();

        @Override
        public void callEnded(CallStatus status) {
            told.add(status);
        }
    }

    @Test
    void aConsumedStreamEndsDoneWithNoWorkerBusy() {
        Ends ends = new Ends();
        Parallel parallel = Parallel.builder().jobs(2).listener(ends).build();
        for (int stream = 0; stream < STREAMS; stream++) {
            try (Stream<Integer> results = parallel.unordered(upTo(50), input -> input)) {
                assertThat(results.count()).isEqualTo(50);
            }
        }
        assertThat(ends.told).hasSize(STREAMS).allSatisfy(status -> {
            assertThat(status.state()).isEqualTo(CallStatus.State.DONE);
            assertThat(status.workersBusy()).isZero();
        });
    }

    @Test
    void aForgottenStreamEndsCancelled() {
        Ends ends = new Ends();
        forgetAStream(Parallel.builder().jobs(2).listener(ends).build());
        await().atMost(HANG).until(() -> {
            System.gc();
            return !ends.told.isEmpty();
        });
        assertThat(ends.told).singleElement().extracting(CallStatus::state).isEqualTo(CallStatus.State.CANCELLED);
    }

    private static void forgetAStream(Parallel parallel) {
        Stream<Integer> results =
                parallel.ordered(IntStream.iterate(0, input -> input + 1).iterator(), input -> input);
        assertThat(results.iterator().next()).isZero();
    }

    @Test
    void aSlowListenerHoldsUpNoTimeLimitOfAnotherCall() throws Exception {
        CountDownLatch listens = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ParallelListener slow = new ParallelListener() {
            @Override
            public void taskFailed(CallStatus status, long taskIndex, Throwable failure, boolean retried) {
                listens.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        Parallel.Builder limited = Parallel.builder().jobs(2).timeLimit(Duration.ofMillis(50));
        Parallel other = limited.build();
        Parallel listened = limited.listener(slow).build();
        CountDownLatch never = new CountDownLatch(1);
        Future<List<Outcome<Integer>>> first =
                started(() -> listened.outcomes(upTo(1), input -> awaitOf(never, input)));
        try {
            assertThat(listens.await(HANG.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(elsewhere(() -> other.outcomes(upTo(1), input -> awaitOf(never, input))))
                    .singleElement()
                    .satisfies(outcome -> assertThat(outcome.isSuccess()).isFalse());
        } finally {
            release.countDown();
            first.get(HANG.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static Integer awaitOf(CountDownLatch never, int input) throws InterruptedException {
        never.await();
        return input;
    }

    @Test
    void isNotToldOfTheCallsThatItMakesItself() {
        AtomicInteger started = new AtomicInteger();
        ParallelListener calling = new ParallelListener() {
            @Override
            public void callStarted(CallStatus status) {
                started.incrementAndGet();
                Parallel.jobs(1).range(1, index -> index);
            }
        };
        try (var _ = ParallelConfig.create().listener(calling).open()) {
            Parallel.jobs(1).range(1, index -> index);
        }
        assertThat(started).hasValue(1);
    }

    @Test
    void mayThrowACheckedExceptionPastTheCompiler() {
        ParallelListener throwing = new ParallelListener() {
            @Override
            public void callStarted(CallStatus status) {
                throwUnchecked(new IOException("log"));
            }
        };
        assertThat(Parallel.builder().jobs(2).listener(throwing).build().map(upTo(3), input -> input))
                .containsExactly(0, 1, 2);
    }

    @Test
    void isNotToldOfWhatItStartsOnOtherThreadsEither() throws Exception {
        AtomicInteger started = new AtomicInteger();
        Queue<Future<?>> made = new ConcurrentLinkedQueue<>();
        ParallelListener calling = new ParallelListener() {
            @Override
            public void callStarted(CallStatus status) {
                if (started.incrementAndGet() < 10) {
                    made.add(Parallel.jobs(2).mapAsync(upTo(2), input -> input));
                    Parallel.jobs(2).range(2, _ -> Parallel.create().range(2, inner -> inner));
                }
            }
        };
        try (var _ = ParallelConfig.create().listener(calling).open()) {
            Parallel.jobs(2).range(2, index -> index);
        }
        for (Future<?> future : made) {
            future.get(HANG.toSeconds(), TimeUnit.SECONDS);
        }
        assertThat(started).hasValue(1);
    }

    @Test
    void isToldOfACallWithoutTasks() {
        for (int jobs = 1; jobs <= 2; jobs++) {
            Ends ends = new Ends();
            Parallel parallel = Parallel.builder().jobs(jobs).listener(ends).build();
            assertThat(parallel.map(List.<Integer>of(), input -> input)).isEmpty();
            assertThat(parallel.map(List.<Integer>of().iterator(), input -> input))
                    .isEmpty();
            assertThat(ends.told).hasSize(2).allSatisfy(status -> {
                assertThat(status.state()).isEqualTo(CallStatus.State.DONE);
                assertThat(status.total()).hasValue(0);
            });
        }
    }
}
