package io.heddle;

import static io.heddle.fixture.NativeFiles.openBlas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.heddle.control.LibraryInfo;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import io.heddle.limit.ThreadLimit;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Hazards 1 and 2, each with its control: the same work without Heddle's care, which shows that the hazard is real here. */
class NativeThreadsHazardTest {
    private static final int WRONG = 10;
    private static final int HANG = 11;

    /** Hazard 1. */
    @Test
    void limitsOfOneThatComeAndGoInEveryThreadOfAnOpenMpBuildLeaveAllResultsRight() throws Exception {
        openMpBuild(LimitsOfOne.class).succeeds();
    }

    static final class LimitsOfOne {
        public static void main(String[] args) throws Exception {
            new Crowd(BlasCalls.open(args)) {
                @Override
                void around(Random random, Runnable work) {
                    try (ThreadLimit outer = NativeThreads.limit(4)) { // as many as without a limit
                        work.run();
                        try (ThreadLimit inner = NativeThreads.limit(1)) {
                            work.run();
                            inner.refresh();
                        }
                        outer.refresh();
                    }
                    if (random.nextBoolean()) {
                        work.run();
                    }
                }
            }.provesRight();
        }
    }

    @Test
    void theSameLimitInEveryThreadOfAnOpenMpBuildLeavesAllResultsRight() throws Exception {
        openMpBuild(SameLimit.class).succeeds();
    }

    static final class SameLimit {
        public static void main(String[] args) throws Exception {
            new Crowd(BlasCalls.open(args)) {
                @Override
                void around(Random random, Runnable work) {
                    try (ThreadLimit outer = NativeThreads.limit(2)) {
                        work.run();
                        try (ThreadLimit inner = NativeThreads.limit(1)) {
                            work.run();
                            inner.refresh();
                        }
                        outer.refresh();
                        work.run();
                    }
                }
            }.provesRight();
        }
    }

    /**
     * Each call of an OpenMP build compares the caller's OpenMP number with the one that the library used last, in any thread, and
     * where they differ frees and allocates the buffers of all; only a caller with one thread goes past that.
     */
    @Test
    void differentLimitsInTheThreadsOfAnOpenMpBuildLeaveAllResultsRight() throws Exception {
        openMpBuild(DifferentLimits.class).succeeds();
    }

    static final class DifferentLimits {
        public static void main(String[] args) throws Exception {
            new Crowd(BlasCalls.open(args)) {
                @Override
                void around(Random random, Runnable work) {
                    try (ThreadLimit limit = NativeThreads.limit(1 + random.nextInt(4))) {
                        work.run();
                        limit.refresh();
                    }
                }

                @Override
                boolean solvesNext(Random random) {
                    return false; // in dgemm it shows within seconds
                }
            }.provesRight();
        }
    }

    @Test
    void theLibrarysOwnSetterIsAHazardInAnOpenMpBuild() throws Exception {
        assumeShows(openMpBuild(RawSetter.class).run());
    }

    static final class RawSetter {
        public static void main(String[] args) throws Exception {
            BlasCalls blas = BlasCalls.open(args);
            Crowd crowd = new Crowd(blas) {
                @Override
                void around(Random random, Runnable work) {
                    work.run();
                }
            };
            Thread.ofPlatform().daemon().start(() -> {
                Random random = new Random(1);
                while (true) {
                    blas.setNumThreads(1 + random.nextInt(8));
                }
            });
            boolean ended = crowd.run(Duration.ofSeconds(4));
            Runtime.getRuntime().halt(!ended ? HANG : crowd.wrong.get() > 0 ? WRONG : 0);
        }
    }

    private static ChildJvm openMpBuild(Class<?> main) {
        return ChildJvm.of(main, openBlas("libopenblas0-openmp"))
                .environment("OMP_NUM_THREADS", "4")
                .environment("OMP_WAIT_POLICY", "passive");
    }

    /** Threads that compute and check for a while. */
    private abstract static class Crowd {
        private static final int THREADS = 6;
        private static final Duration TIME = Duration.ofSeconds(5);

        final AtomicInteger wrong = new AtomicInteger();
        private final AtomicInteger checked = new AtomicInteger();
        private final BlasCalls blas;

        Crowd(BlasCalls blas) {
            this.blas = blas;
        }

        abstract void around(Random random, Runnable work);

        boolean solvesNext(Random random) {
            return random.nextBoolean();
        }

        void provesRight() throws InterruptedException {
            List<LibraryInfo> before = NativeThreads.info();
            assertThat(run(Duration.ofSeconds(40)))
                    .as("all threads came to an end")
                    .isTrue();
            assertThat(wrong).as("wrong results in %s calls", checked).hasValue(0);
            assertThat(checked).hasValueGreaterThan(THREADS);
            assertThat(NativeThreads.info()).isEqualTo(before);
        }

        /** Whether all threads came to an end, the slowest within the grace after their time. */
        boolean run(Duration grace) throws InterruptedException {
            CountDownLatch ended = new CountDownLatch(THREADS);
            long deadline = System.nanoTime() + TIME.toNanos();
            for (int i = 0; i < THREADS; i++) {
                int seed = i;
                Thread.ofPlatform().daemon().stackSize(16 << 20).start(() -> {
                    compute(new Random(seed), deadline);
                    ended.countDown();
                });
            }
            return ended.await(TIME.plus(grace).toSeconds(), TimeUnit.SECONDS);
        }

        private void compute(Random random, long deadline) {
            BlasCalls.Product product = blas.product(120);
            Runnable work = () -> {
                boolean right = solvesNext(random) ? blas.solves(150, random.nextLong()) : product.multipliesRight();
                checked.incrementAndGet();
                if (!right) {
                    wrong.incrementAndGet();
                }
            };
            while (System.nanoTime() < deadline && wrong.get() == 0) {
                around(random, work);
            }
        }
    }

    /** Hazard 2. */
    @Test
    void lapackOnTheWorkersOfTheThreadsBackendHasStackEnough() throws Exception {
        ChildJvm.of(OnWorkers.class, openBlas("libopenblas0-pthread")).succeeds();
    }

    @Test
    void lapackOnSmallStacksIsTheHazard() throws Exception {
        assumeShows(ChildJvm.of(OnSmallStacks.class, openBlas("libopenblas0-pthread"))
                .run());
    }

    static final class OnWorkers {
        public static void main(String[] args) {
            BlasCalls blas = BlasCalls.open(args);
            List<LibraryInfo> before = NativeThreads.info();
            List<Boolean> right = Parallel.builder()
                    .backend("threads")
                    .jobs(2)
                    .innerMaxNumThreads(2)
                    .build()
                    .range(30, index -> blas.solves(200 + 10 * index, index));
            assertThat(right).hasSize(30).containsOnly(true);
            assertThat(NativeThreads.info()).isEqualTo(before);
        }
    }

    static final class OnSmallStacks {
        public static void main(String[] args) throws Exception {
            BlasCalls blas = BlasCalls.open(args);
            AtomicInteger wrong = new AtomicInteger();
            Thread thread = Thread.ofPlatform().stackSize(1 << 20).start(() -> {
                try (ThreadLimit limit = NativeThreads.limit(2)) {
                    for (int index = 0; index < 180 && wrong.get() == 0; index++) {
                        if (!blas.solves(200 + 5 * (index % 60), index)) {
                            wrong.set(limit.threads());
                        }
                    }
                }
            });
            thread.join();
            System.exit(wrong.get() > 0 ? WRONG : 0);
        }
    }

    /** Wrong results, a crash and a hang all show a hazard; a run without any of them is a skip that is counted. */
    private static void assumeShows(ChildJvm.Outcome outcome) {
        outcome.assertNoFailedAssertion();
        assumeFalse(
                outcome.ended() && outcome.status() == 0,
                "the hazard does not show on this build: no wrong result, no crash, no hang");
    }
}
