package io.heddle;

import static io.heddle.JoblibCases.producer;
import static io.heddle.JoblibCases.squaresUpTo;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.backend.TaskRange;
import io.heddle.fixture.CountingBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** joblib's cases of dispatch: how tasks are taken from their producer, and in which batches. */
@Timeout(60)
class JoblibDispatchCasesTest {
    private static final String CONCURRENT_BACKENDS = "io.heddle.JoblibCases#concurrentBackends";

    @ParameterizedTest
    @CsvSource({
        "sequential, 1, p0 c0 p1 c1 p2 c2 p3 c3 p4 c4 p5 c5",
        "threads, 1, p0 c0 p1 c1 p2 c2 p3 c3 p4 c4 p5 c5",
        "sequential, 4, p0 p1 p2 p3 c0 c1 c2 c3 p4 p5 c4 c5",
        "threads, 4, p0 p1 p2 p3 c0 c1 c2 c3 p4 p5 c4 c5"
    })
    void withOneJobABatchIsRunAsSoonAsItWasTaken(String backend, int batchSize, String expected) {
        List<String> events = new ArrayList<>(); // of one thread
        Parallel one =
                Parallel.builder().backend(backend).jobs(1).batchSize(batchSize).build();
        one.forEach(producer(6, next -> events.add("p" + next)), input -> events.add("c" + input));
        assertThat(String.join(" ", events)).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource(CONCURRENT_BACKENDS)
    void noMoreTasksAreTakenAheadThanPreDispatchSays(String backend) {
        for (int ahead : new int[] {1, 3, 8}) {
            AtomicInteger produced = new AtomicInteger();
            AtomicInteger done = new AtomicInteger();
            ConcurrentLinkedQueue<Integer> mostAhead = new ConcurrentLinkedQueue<>();
            Parallel parallel = Parallel.builder()
                    .backend(backend)
                    .jobs(2)
                    .batchSize(1)
                    .preDispatch(ahead)
                    .build();
            parallel.forEach(
                    producer(200, _ -> mostAhead.add(produced.incrementAndGet() - done.get())),
                    _ -> done.incrementAndGet());
            assertThat(produced.get()).isEqualTo(200);
            assertThat(mostAhead).as("taken and not done").allMatch(tasks -> tasks <= ahead);
        }
    }

    @Test
    void aBatchSizeThatIsSaidHoldsOnEveryBackend() {
        for (int size : new int[] {1, 7, 1000}) {
            CountingBackend counting = CountingBackend.separate("counting", 50);
            Parallel parallel =
                    Parallel.builder().backend(counting).jobs(2).batchSize(size).build();
            assertThat(parallel.map(upTo(500), JoblibCases::square)).isEqualTo(squaresUpTo(500));
            assertThat(counting.batches())
                    .allMatch(batch -> batch.to() - batch.from() <= size)
                    .anyMatch(batch -> batch.to() - batch.from() == Math.min(size, 500));
        }
        for (String backend : JoblibCases.backends().toList()) {
            Parallel parallel =
                    Parallel.builder().backend(backend).jobs(2).batchSize(7).build();
            assertThat(parallel.map(upTo(500), JoblibCases::square)).isEqualTo(squaresUpTo(500));
        }
    }

    @Test
    void aBackendThatSendsItsTasksGetsThemInBatchesEachOnce() {
        CountingBackend counting = CountingBackend.separate("counting", 50);
        Parallel parallel = Parallel.builder().backend(counting).jobs(2).build();
        assertThat(parallel.map(upTo(5000), JoblibCases::square)).isEqualTo(squaresUpTo(5000));
        assertThat(counting.batches())
                .allMatch(batch -> batch.to() - batch.from() <= 50)
                .anyMatch(batch -> batch.to() - batch.from() > 1);
        assertThat(counting.batches().stream().flatMapToLong(JoblibDispatchCasesTest::indices))
                .containsExactlyInAnyOrderElementsOf(
                        LongStream.range(0, 5000).boxed().toList());
    }

    private static LongStream indices(TaskRange batch) {
        return LongStream.range(batch.from(), batch.to());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1})
    void aBatchSizeBelowOneIsRefused(int size) {
        assertThatThrownBy(() -> Parallel.builder().batchSize(size))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("batchSize = " + size)
                .hasMessageContaining("1 or more");
        assertThatThrownBy(() -> ParallelConfig.create().batchSize(size))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("batchSize = " + size);
    }

    @ParameterizedTest
    @CsvSource({
        "2, 2, all, 0",
        "2, 2, n_jobs, 0",
        "10, 2, n_jobs, 0",
        "517, 2, n_jobs, 0",
        "10, 4, n_jobs, 0",
        "200, 12, n_jobs, 0",
        "25, 12, 2 * n_jobs, 1",
        "250, 12, all, 1",
        "250, 12, 2 * n_jobs, 7",
        "200, 12, 2 * n_jobs, 0",
        "5000, 4, 3 * n_jobs // 2, 0",
        "5000, 4, 1, 3"
    })
    void manyWorkersTakeFromOneProducerAndNothingIsLostOrTakenTwice(
            int tasks, int jobs, String preDispatch, int batchSize) {
        for (String backend : JoblibCases.concurrentBackends().toList()) {
            Parallel.Builder builder =
                    Parallel.builder().backend(backend).jobs(jobs).preDispatch(preDispatch);
            if (batchSize > 0) {
                builder.batchSize(batchSize);
            }
            assertThat(builder.build().map(producer(tasks), JoblibCases::square))
                    .isEqualTo(squaresUpTo(tasks));
        }
    }
}
