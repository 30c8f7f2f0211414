package io.heddle;

import static io.heddle.fixture.Elsewhere.HANG;
import static io.heddle.fixture.Elsewhere.elsewhere;
import static io.heddle.fixture.Inputs.upTo;
import static io.heddle.fixture.Sneakily.throwUnchecked;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of results and producers of inputs where something goes wrong. */
@Timeout(60)
class StreamCasesTest {
    // interrupts

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void anInterruptedConsumerGetsACancellationAndKeepsItsFlag(int jobs) throws Exception {
        assertThat(elsewhere(() -> {
                    try (Stream<Integer> results = Parallel.jobs(jobs).ordered(upTo(100), input -> input)) {
                        Thread.currentThread().interrupt();
                        assertThatThrownBy(results::toList).isInstanceOf(CancellationException.class);
                        return Thread.currentThread().isInterrupted();
                    }
                }))
                .isTrue();
    }

    @Test
    void anInterruptStopsAStreamOfOneJobOnWhateverThreadItIsConsumed() throws Exception {
        AtomicInteger started = new AtomicInteger();
        try (Stream<Integer> results = Parallel.jobs(1).ordered(upTo(50), input -> {
            if (started.incrementAndGet() == 6) {
                Thread.currentThread().interrupt();
            }
            return input;
        })) {
            assertThat(elsewhere(() -> {
                        assertThatThrownBy(results::toList).isInstanceOf(CancellationException.class);
                        return Thread.currentThread().isInterrupted();
                    }))
                    .isTrue();
        }
        assertThat(started).hasValue(6);
    }

    // what is counted and shared

    @Test
    void countingTheResultsRunsTheTasks() {
        AtomicInteger done = new AtomicInteger();
        try (Stream<Integer> results = Parallel.jobs(2).ordered(upTo(100), _ -> done.incrementAndGet())) {
            assertThat(results.count()).isEqualTo(100);
        }
        assertThat(done).hasValue(100);
    }

    @Test
    void countingTheResultsThrowsTheFailureOfATask() {
        try (Stream<Integer> results = Parallel.jobs(2).unordered(upTo(100), input -> {
            if (input == 99) {
                throw new IllegalStateException("the last");
            }
            return input;
        })) {
            assertThatThrownBy(results::count)
                    .isInstanceOf(TaskFailedException.class)
                    .hasMessageContaining("the last");
        }
    }

    @Test
    void aStreamOfOneInputGivesItsTaskAllCpus() {
        try (Stream<Integer> cpus = Parallel.create().ordered(List.of(1), _ -> Parallel.usableCpus())) {
            assertThat(cpus.toList()).containsExactly(Parallel.usableCpus());
        }
    }

    // inputs

    @Test
    void aCheckedExceptionThatAProducerSneaksOutFailsTheCall() {
        Iterator<Integer> inputs = IntStream.range(0, 100)
                .peek(input -> {
                    if (input == 10) {
                        throwUnchecked(new IOException("disk"));
                    }
                })
                .iterator();
        Parallel parallel = Parallel.builder().jobs(2).batchSize(4).build();
        assertThatThrownBy(() -> parallel.map(inputs, input -> input))
                .isInstanceOf(ParallelException.class)
                .hasMessageContaining("producer")
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void aRefusedStreamClosesItsInputs() {
        Parallel refused = Parallel.builder().jobs(2).preDispatch("n_jobs - 5").build();
        AtomicInteger closed = new AtomicInteger();
        assertThatThrownBy(() -> refused.ordered(upTo(5).stream().onClose(closed::incrementAndGet), input -> input))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> refused.unordered(upTo(5).stream().onClose(closed::incrementAndGet), input -> input))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(closed).hasValue(2);
    }

    // a backend's dispatcher

    /** One thread takes tasks, others run them, and none is done before that thread waits for room. */
    private static final class OneDispatcher implements Backend {
        private static final Set<Thread.State> WAITS = Set.of(Thread.State.WAITING, Thread.State.TIMED_WAITING);

        @Override
        public String name() {
            return "one-dispatcher";
        }

        @Override
        public boolean sharesMemory() {
            return false;
        }

        @Override
        public boolean holdsInnerLimit() {
            return true;
        }

        @Override
        public int effectiveJobs(int jobs) {
            return jobs;
        }

        @Override
        public Execution start(Work work, CallSettings settings) {
            Thread dispatcher = Thread.ofPlatform().daemon().unstarted(() -> {
                Thread self = Thread.currentThread();
                for (Optional<TaskRange> taken = work.take(1); taken.isPresent(); taken = work.take(1)) {
                    long task = taken.get().from();
                    Thread.ofPlatform().daemon().start(() -> run(work, task, self));
                }
                work.end();
            });
            dispatcher.start();
            return dispatcher::interrupt;
        }

        private static void run(Work work, long task, Thread dispatcher) {
            await().atMost(HANG).until(() -> WAITS.contains(dispatcher.getState()));
            try {
                work.succeed(task, work.task(task).call());
            } catch (Exception e) {
                work.fail(task, e);
            }
        }
    }

    @Test
    void aTaskToBeTriedAgainIsGivenToADispatcherThatWaitsForRoom() throws Exception {
        AtomicBoolean tried = new AtomicBoolean();
        Parallel parallel = Parallel.builder()
                .backend(new OneDispatcher())
                .jobs(2)
                .preDispatch(1)
                .retries(1)
                .build();
        assertThat(elsewhere(() -> parallel.map(upTo(3).iterator(), input -> {
                    if (!tried.getAndSet(true)) {
                        throw new IllegalStateException("the first time");
                    }
                    return input;
                })))
                .containsExactly(0, 1, 2);
    }

    // losing and closing

    @Test
    void closingAStreamInterruptsAProducerThatWaits() throws Exception {
        CountDownLatch waits = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Iterator<Integer> inputs = IntStream.iterate(0, input -> input + 1)
                .peek(input -> {
                    if (input == 3) {
                        waits.countDown();
                        try {
                            never.await();
                        } catch (InterruptedException e) {
                            interrupted.countDown();
                            Thread.currentThread().interrupt();
                        }
                    }
                })
                .iterator();
        Stream<Integer> results = Parallel.jobs(2).unordered(inputs, input -> input);
        waits.await();
        results.close();
        assertThat(interrupted.await(HANG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
}
