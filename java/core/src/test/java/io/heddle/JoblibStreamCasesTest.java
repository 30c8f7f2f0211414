package io.heddle;

import static io.heddle.JoblibCases.forEver;
import static io.heddle.JoblibCases.on;
import static io.heddle.JoblibCases.squaresUpTo;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.heddle.backend.ThreadsBackend;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** joblib's cases of generators: here streams of results, in the order of the inputs or as they are done. */
@Timeout(60)
class JoblibStreamCasesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** The results in the order of their inputs, or as they are done. */
    private static <R> Stream<R> stream(
            Parallel parallel, boolean ordered, List<Integer> inputs, TaskFunction<Integer, R> task) {
        return ordered ? parallel.ordered(inputs, task) : parallel.unordered(inputs, task);
    }

    private static List<Integer> sorted(Stream<Integer> results) {
        try (results) {
            return results.sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void orderedResultsComeInTheOrderOfTheirInputs(int jobs) {
        int[] seen = new int[5];
        try (Stream<Integer> results = on("threads", jobs).ordered(upTo(5), i -> {
            seen[i] = i;
            return i;
        })) {
            assertThat(results.toList()).containsExactly(0, 1, 2, 3, 4);
        }
        assertThat(seen).containsExactly(0, 1, 2, 3, 4);
    }

    @ParameterizedTest
    @CsvSource({"threads, 2", "threads, 4", "virtual-threads, 2", "virtual-threads, 4"})
    void unorderedResultsComeAsTheyAreDone(String backend, int jobs) throws Exception {
        for (int round = 0; round < 20; round++) {
            CountDownLatch release = new CountDownLatch(1);
            ConcurrentLinkedQueue<Integer> read = new ConcurrentLinkedQueue<>();
            try (Stream<Integer> results = on(backend, jobs).unordered(upTo(10), i -> {
                if (i == 1) {
                    release.await(); // longer than all the others
                }
                return i * i;
            })) {
                Thread reader = Thread.ofPlatform().daemon().start(() -> results.forEach(read::add));
                await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> read.size() == 9);
                assertThat(read).containsExactlyInAnyOrder(0, 4, 9, 16, 25, 36, 49, 64, 81);
                release.countDown();
                reader.join();
            }
            assertThat(read).hasSize(10).endsWith(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"threads, true", "threads, false", "virtual-threads, true", "virtual-threads, false"})
    void anInterruptOfItsReaderCancelsAStream(String backend, boolean ordered) throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        AtomicInteger stopped = new AtomicInteger();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread reader = Thread.ofPlatform().daemon().start(() -> {
            try (Stream<Integer> results = stream(on(backend, 2), ordered, upTo(10), _ -> {
                begun.countDown();
                try {
                    return forEver();
                } finally {
                    stopped.incrementAndGet();
                }
            })) {
                thrown.complete(catchThrowable(results::toList));
            }
        });
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        reader.interrupt();
        assertThat(thrown.get(20, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
        await().atMost(PATIENCE).until(() -> stopped.get() == 2);
    }

    @ParameterizedTest
    @CsvSource({
        "sequential, true",
        "sequential, false",
        "threads, true",
        "threads, false",
        "virtual-threads, true",
        "virtual-threads, false"
    })
    void aStreamOfLargeResultsThatIsLeftAfterTwoHangsNothing(String backend, boolean ordered) {
        for (int jobs : new int[] {1, 2, -2, -1}) {
            Parallel parallel = on(backend, jobs);
            try (Stream<boolean[]> results = stream(parallel, ordered, upTo(10), _ -> new boolean[500_000])) {
                Iterator<boolean[]> iterator = results.iterator();
                assertThat(iterator.next()).hasSize(500_000);
                assertThat(iterator.next()).hasSize(500_000);
            }
            assertThat(parallel.map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
        }
    }

    @ParameterizedTest
    @CsvSource({"threads, true", "threads, false", "virtual-threads, true", "virtual-threads, false"})
    void dispatchBeginsAtTheCallAndASecondCallOfTheSameParallelRunsBesideIt(String backend, boolean ordered)
            throws Exception {
        for (int jobs : new int[] {2, 4}) {
            Parallel parallel = on(backend, jobs);
            CountDownLatch begun = new CountDownLatch(2);
            CountDownLatch release = new CountDownLatch(1);
            try (Stream<Integer> first = stream(parallel, ordered, upTo(10), i -> {
                begun.countDown();
                release.await();
                return i;
            })) {
                assertThat(begun.await(30, TimeUnit.SECONDS))
                        .as("two tasks begun, nothing read")
                        .isTrue();
                try (Stream<Integer> second = stream(parallel, ordered, upTo(100), i -> i)) {
                    assertThat(sorted(second)).isEqualTo(upTo(100));
                }
                release.countDown();
                assertThat(sorted(first)).isEqualTo(upTo(10));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void callsOnWorkersOfTheUsersOwnRunBesideAStreamThatIsOpen(boolean ordered) {
        try (ThreadsBackend workers = new ThreadsBackend();
                var _ = ParallelConfig.backend(workers).jobs(2).open()) {
            CountDownLatch begun = new CountDownLatch(2);
            AtomicInteger interrupted = new AtomicInteger();
            try (Stream<Integer> first = stream(Parallel.create(), ordered, upTo(10), _ -> {
                begun.countDown();
                try {
                    return forEver();
                } finally {
                    interrupted.incrementAndGet();
                }
            })) {
                await().atMost(PATIENCE).until(() -> begun.getCount() == 0);
                assertThat(sorted(stream(Parallel.create(), ordered, upTo(100), i -> i)))
                        .isEqualTo(upTo(100));
                assertThat(first.isParallel()).isFalse();
            }
            await().atMost(PATIENCE).until(() -> interrupted.get() == 2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "sequential, true, true",
        "sequential, false, true",
        "threads, true, true",
        "threads, true, false",
        "threads, false, true",
        "threads, false, false",
        "virtual-threads, true, false",
        "virtual-threads, false, false"
    })
    void streamsOfTwoParallelsAreNotMixed(String backend, boolean firstOrdered, boolean secondOrdered) {
        for (int jobs : new int[] {1, 2, -2, -1}) {
            List<Integer> tenToTwenty = IntStream.range(10, 20).boxed().toList();
            try (Stream<Integer> first = stream(on(backend, jobs), firstOrdered, upTo(10), i -> i);
                    Stream<Integer> second = stream(on(backend, jobs), secondOrdered, tenToTwenty, i -> i)) {
                List<Integer> ofFirst = first.toList();
                List<Integer> ofSecond = second.toList();
                assertThat(firstOrdered ? ofFirst : ofFirst.stream().sorted().toList())
                        .isEqualTo(upTo(10));
                assertThat(secondOrdered ? ofSecond : ofSecond.stream().sorted().toList())
                        .isEqualTo(tenToTwenty);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"threads, true", "threads, false", "virtual-threads, true", "virtual-threads, false"})
    void closingAStreamStopsItsTasksAndNoOthers(String backend, boolean ordered) {
        CountDownLatch othersMayEnd = new CountDownLatch(1);
        ConcurrentLinkedQueue<Integer> begun = new ConcurrentLinkedQueue<>();
        AtomicInteger stopped = new AtomicInteger();
        Stream<Integer> dropped = stream(on(backend, 2), ordered, upTo(10), i -> {
            begun.add(i);
            try {
                return forEver();
            } finally {
                stopped.incrementAndGet();
            }
        });
        try (Stream<Integer> kept = stream(on(backend, 2), ordered, upTo(10), i -> {
            othersMayEnd.await();
            return i;
        })) {
            await().atMost(PATIENCE).until(() -> begun.size() == 2);
            dropped.close();
            await().atMost(PATIENCE).until(() -> stopped.get() == 2);
            othersMayEnd.countDown();
            assertThat(sorted(kept)).isEqualTo(upTo(10));
        }
        assertThat(begun).as("no further task of the closed stream").hasSize(2);
    }
}
