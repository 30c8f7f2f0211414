package io.heddle.limit.internal;

import static io.heddle.fixture.FakeOpenBlas.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.openBlas;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.control.UserApi;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeOpenBlas;
import io.heddle.limit.ThreadLimit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Hazard 3: limits of several threads on a library whose number is the process's. */
class OverlappingLimitsTest {
    @Test
    void limitsOfManyThreadsThatCloseInAnyOrderHoldTheLeastAndGiveBackWhatWasFound() throws Exception {
        ChildJvm.of(OnFake.class, built("libopenblas_fake.so"), built("libopenblas_fake64_.so"))
                .succeeds();
    }

    static final class OnFake {
        public static void main(String[] args) throws Exception {
            FakeOpenBlas first = FakeOpenBlas.open(Path.of(args[0]));
            FakeOpenBlas second = FakeOpenBlas.open(Path.of(args[1]), "", "64_");
            List<LibraryInfo> before = NativeThreads.info();
            for (long seed = 0; seed < 20; seed++) {
                new Overlap(6, seed, List.of(first::threads, second::threads)).run(30, DEFAULT_THREADS);
            }
            assertThat(NativeThreads.info()).isEqualTo(before);
        }
    }

    @Test
    void theSameHoldsOnTheRealLibraryWhileItComputes() throws Exception {
        ChildJvm.of(OnOpenBlas.class, openBlas("libopenblas0-pthread")).succeeds();
    }

    static final class OnOpenBlas {
        public static void main(String[] args) throws Exception {
            BlasCalls blas = BlasCalls.open(args);
            IntSupplier threads = () -> NativeThreads.select(UserApi.BLAS)
                    .info()
                    .getFirst()
                    .threads()
                    .orElseThrow();
            int found = threads.getAsInt();
            for (long seed = 0; seed < 3; seed++) {
                Overlap overlap = new Overlap(4, seed, List.of(threads));
                overlap.work =
                        () -> assertThat(blas.product(64).multipliesRight()).isTrue();
                overlap.run(20, found);
            }
        }
    }

    /** Threads that open and close at random, all at once, and meet after each round to look at what holds. */
    private static final class Overlap {
        private final int threads;
        private final long seed;
        private final List<IntSupplier> numbers;
        private final List<List<ThreadLimit>> open = new ArrayList<>();
        private Runnable work = () -> {};

        Overlap(int threads, long seed, List<IntSupplier> numbers) {
            this.threads = threads;
            this.seed = seed;
            this.numbers = numbers;
        }

        void run(int rounds, int found) throws Exception {
            CyclicBarrier meeting = new CyclicBarrier(threads, () -> look(found));
            IntStream.range(0, threads).forEach(i -> open.add(new ArrayList<>()));
            try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
                List<Future<?>> results = IntStream.range(0, threads)
                        .<Future<?>>mapToObj(i -> executor.submit(() -> {
                            act(new Random(seed * 31 + i), open.get(i), rounds, meeting);
                            return null;
                        }))
                        .toList();
                for (Future<?> result : results) {
                    result.get();
                }
            }
            assertThat(numbers)
                    .allSatisfy(number -> assertThat(number.getAsInt()).isEqualTo(found));
        }

        private void act(Random random, List<ThreadLimit> mine, int rounds, CyclicBarrier meeting) throws Exception {
            for (int round = 0; round < rounds; round++) {
                for (int step = random.nextInt(8); step > 0; step--) {
                    if (mine.isEmpty() || random.nextInt(5) < 2) {
                        mine.add(NativeThreads.limit(1 + random.nextInt(4)));
                    } else {
                        mine.remove(random.nextInt(mine.size())).close();
                    }
                    work.run();
                }
                meeting.await();
            }
            while (!mine.isEmpty()) {
                mine.remove(random.nextInt(mine.size())).close();
            }
            meeting.await();
        }

        private void look(int found) {
            int expected = open.stream()
                    .flatMap(List::stream)
                    .mapToInt(ThreadLimit::threads)
                    .min()
                    .orElse(found);
            for (IntSupplier number : numbers) {
                assertThat(number.getAsInt()).as("seed %d, open %s", seed, open).isEqualTo(expected);
            }
        }
    }
}
