package io.heddle;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What the tests share that carry joblib's cases over. {@code java/core/JOBLIB.md} lists all of those. */
final class JoblibCases {
    private JoblibCases() {}

    /** The backends of core, by name. */
    static Stream<String> backends() {
        return Stream.of("sequential", "threads", "virtual-threads");
    }

    /** Those that run tasks at the same time. */
    static Stream<String> concurrentBackends() {
        return Stream.of("threads", "virtual-threads");
    }

    /** Those, and one that sends its tasks away as bytes. */
    static Stream<String> backendsAndASendingOne() {
        return Stream.concat(backends(), Stream.of("serializing"));
    }

    static Parallel on(String backend, int jobs) {
        return Parallel.builder().backend(backend).jobs(jobs).build();
    }

    static List<Integer> squaresUpTo(int count) {
        return IntStream.range(0, count).map(i -> i * i).boxed().toList();
    }

    static int square(int number) {
        return number * number;
    }

    /** Waits until it is interrupted. */
    static int forEver() throws InterruptedException {
        new CountDownLatch(1).await();
        throw new AssertionError("nobody counts it down");
    }

    /** A producer that tells what it gives, and fails where two threads take from it at a time. */
    static Iterator<Integer> producer(int count, IntConsumer told) {
        AtomicBoolean taken = new AtomicBoolean();
        return new Iterator<>() {
            private int next; // not safe for several threads: that is the point

            @Override
            public boolean hasNext() {
                return alone(() -> next < count);
            }

            @Override
            public Integer next() {
                return alone(() -> {
                    if (next == count) {
                        throw new NoSuchElementException();
                    }
                    told.accept(next);
                    return next++;
                });
            }

            private <R> R alone(Supplier<R> body) {
                if (!taken.compareAndSet(false, true)) {
                    throw new AssertionError("two threads take from the producer at a time");
                }
                try {
                    return body.get();
                } finally {
                    taken.set(false);
                }
            }
        };
    }

    static Iterator<Integer> producer(int count) {
        return producer(count, _ -> {});
    }
}
