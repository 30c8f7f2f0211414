package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.backend.OpenMpProbe;
import io.heddle.fixture.ChildJvm;
import io.heddle.topology.UsableCpus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How 8 CPUs are shared out, whatever the machine has: in JVMs that are told so. */
class EightCpusTest {
    private static final int CPUS = 8;

    @BeforeAll
    static void assumeNoQuota() {
        assumeTrue(
                UsableCpus.now().constraints().size() == 1,
                "a cgroup's quota or a cap of the user binds here: a JVM would not see 8 CPUs");
    }

    @Test
    void remaindersAreGivenOut() throws Exception {
        OpenMpProbe.assumeBuilt();
        run(Remainders.class);
    }

    static final class Remainders {
        public static void main(String[] args) {
            OpenMpProbe.threads();
            for (int jobs : new int[] {1, 2, 3, 5, 8}) {
                CyclicBarrier all = new CyclicBarrier(jobs);
                List<List<Integer>> shares = Parallel.jobs(jobs).range(jobs, _ -> {
                    all.await(); // each worker has one task
                    return List.of(Parallel.usableCpus(), OpenMpProbe.threads());
                });
                List<List<Integer>> expected = new ArrayList<>();
                for (int worker = 0; worker < jobs; worker++) {
                    int share = CPUS / jobs + (worker < CPUS % jobs ? 1 : 0);
                    expected.add(List.of(share, share));
                }
                assertThat(shares).as("%d jobs", jobs).containsExactlyInAnyOrderElementsOf(expected);
            }
            assertThat(Parallel.create().range(2, _ -> Parallel.usableCpus()))
                    .as("a call with fewer tasks than CPUs")
                    .containsOnly(CPUS / 2);
        }
    }

    @Test
    void nestedCallsStayWithinTheMachine() throws Exception {
        OpenMpProbe.assumeBuilt();
        run(Nested.class);
    }

    static final class Nested {
        private static final AtomicInteger THREADS = new AtomicInteger();
        private static final AtomicInteger MOST = new AtomicInteger();

        public static void main(String[] args) {
            OpenMpProbe.threads();
            for (Parallel outer : List.of(Parallel.jobs(8), Parallel.jobs(3), Parallel.jobs(2), Parallel.create())) {
                outer.range(
                        16,
                        _ -> Parallel.jobs(-1).range(16, _ -> {
                            int own = OpenMpProbe.threads();
                            MOST.accumulateAndGet(THREADS.addAndGet(own), Math::max);
                            Thread.onSpinWait();
                            return THREADS.addAndGet(-own);
                        }));
                assertThat(MOST.getAndSet(0))
                        .as("%d outer jobs", outer.effectiveJobs())
                        .isBetween(1, CPUS);
            }
        }
    }

    @Test
    void concurrentCallsShareFairlyAndTakeWhatGetsFree() throws Exception {
        run(Concurrent.class);
    }

    static final class Concurrent {
        public static void main(String[] args) throws Exception {
            AtomicInteger first = new AtomicInteger();
            AtomicInteger second = new AtomicInteger();
            CountDownLatch firstMayEnd = new CountDownLatch(1);
            CountDownLatch secondMayEnd = new CountDownLatch(1);
            try (ExecutorService callers = Executors.newFixedThreadPool(2)) {
                Future<?> one = callers.submit(() -> runUntil(firstMayEnd, first));
                awaitHere(() -> first.get() == CPUS);
                Future<?> two = callers.submit(() -> runUntil(secondMayEnd, second));
                awaitHere(() -> first.get() == CPUS / 2 && second.get() == CPUS / 2);
                secondMayEnd.countDown();
                two.get();
                awaitHere(() -> first.get() == CPUS);
                firstMayEnd.countDown();
                one.get();
            }
            assertThat(Parallel.create().range(CPUS, _ -> Parallel.usableCpus()))
                    .containsOnly(1);
        }

        /** Short tasks without end; a counter tells how many run. */
        private static void runUntil(CountDownLatch end, AtomicInteger running) {
            Parallel.create().forEach(Stream.generate(() -> end).takeWhile(latch -> latch.getCount() > 0), latch -> {
                running.incrementAndGet();
                latch.await(5, TimeUnit.MILLISECONDS);
                running.decrementAndGet();
            });
        }

        private static void awaitHere(Callable<Boolean> condition) {
            await().atMost(Duration.ofSeconds(20))
                    .pollInterval(Duration.ofMillis(1))
                    .until(condition);
        }
    }

    private static void run(Class<?> scenario) throws Exception {
        ChildJvm.of(scenario)
                .option("-XX:ActiveProcessorCount=" + CPUS)
                .environment(
                        "OMP_NUM_THREADS", Integer.toString(CPUS)) // the default limit does not raise libgomp's own
                .succeeds();
    }
}
