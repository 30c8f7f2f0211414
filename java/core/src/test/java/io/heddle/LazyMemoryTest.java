package io.heddle;

import io.heddle.fixture.ChildJvm;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Ten million lazily fed tasks run in the heap that ten thousand need. */
class LazyMemoryTest {
    private static final String SMALL_HEAP = "-Xmx20m"; // ten million Integers alone would be 160 MB

    @Test
    void keepsNothingOfWhatIsDone() throws Exception {
        run(ForEach.class);
    }

    static final class ForEach {
        public static void main(String[] args) {
            int tasks = 10_000_000;
            LongAdder sum = new LongAdder();
            Parallel.jobs(2).forEach(IntStream.range(0, tasks).boxed(), input -> sum.add(input));
            check(sum.sum(), tasks);
        }
    }

    @Test
    void doesNotRunAheadOfTheConsumer() throws Exception {
        run(Ordered.class);
    }

    static final class Ordered {
        public static void main(String[] args) {
            int tasks = 2_000_000;
            long sum = 0;
            try (Stream<Integer> results =
                    Parallel.jobs(2).ordered(IntStream.range(0, tasks).boxed(), input -> input)) {
                sum = results.mapToLong(Integer::longValue).sum();
            }
            check(sum, tasks);
        }
    }

    private static void check(long sum, long tasks) {
        if (sum != tasks * (tasks - 1) / 2) {
            throw new AssertionError("sum " + sum);
        }
    }

    private static void run(Class<?> scenario) throws Exception {
        ChildJvm.of(scenario)
                .option(SMALL_HEAP)
                .timeLimit(Duration.ofSeconds(100))
                .succeeds();
    }

    @Test
    void keepsNothingOfTasksThatWereTriedAgain() throws Exception {
        run(Retried.class);
    }

    static final class Retried {
        public static void main(String[] args) {
            int tasks = 1_000_000;
            LongAdder sum = new LongAdder();
            ThreadLocal<Integer> failed = ThreadLocal.withInitial(() -> -1); // a task is tried again on its thread
            Parallel.builder()
                    .jobs(2)
                    .retries(1)
                    .build()
                    .forEach(IntStream.range(0, tasks).boxed(), input -> {
                        if (!input.equals(failed.get())) {
                            failed.set(input);
                            throw new IllegalStateException("once");
                        }
                        sum.add(input);
                    });
            check(sum.sum(), tasks);
        }
    }
}
