package io.heddle;

import static io.heddle.JoblibCases.on;
import static io.heddle.fixture.Inputs.upTo;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.openBlas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.backend.OpenMpProbe;
import io.heddle.backend.ThreadsBackend;
import io.heddle.backend.WorkerLocal;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.OpenMpRegion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** joblib's cases of what is inside a worker: the threads of native libraries, and what a worker keeps. */
@Timeout(60)
class JoblibInnerLimitCasesTest {
    /** Each worker's numbers: every task waits for the others, so that each worker has one. */
    private static List<Integer> threadsInEachWorker(Parallel parallel) {
        int jobs = parallel.effectiveJobs();
        CyclicBarrier together = new CyclicBarrier(jobs);
        List<Integer> threads = Collections.synchronizedList(new ArrayList<>());
        parallel.forEach(upTo(jobs), _ -> {
            OpenMpProbe.threads(); // loads it, at the first time
            together.await(30, TimeUnit.SECONDS);
        });
        parallel.forEach(upTo(jobs), _ -> {
            threads.add(OpenMpProbe.threads());
            together.await(30, TimeUnit.SECONDS);
        });
        return threads;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, -2, -1})
    void theCpusAreSharedOutOverTheWorkersNativeThreads(int jobs) {
        OpenMpProbe.assumeBuilt();
        Parallel parallel = Parallel.jobs(jobs);
        int cpus = Parallel.usableCpus();
        int workers = parallel.effectiveJobs();
        List<Integer> threads = threadsInEachWorker(parallel);
        assertThat(threads).hasSize(workers).allMatch(each -> each >= Math.max(cpus / workers, 1));
        assertThat(threads.stream().mapToInt(Integer::intValue).sum())
                .as("all CPUs are given out, and none twice")
                .isEqualTo(Math.max(cpus, workers));
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "2, 2", "2, 4", "-1, 1", "-1, 2", "-1, 4", "1, 3"})
    void aContextSaysTheNativeThreadsOfEachWorker(int jobs, int inner) {
        OpenMpProbe.assumeBuilt();
        for (String backend : List.of("sequential", "threads")) {
            try (var _ =
                    ParallelConfig.backend(backend).innerMaxNumThreads(inner).open()) {
                assertThat(threadsInEachWorker(Parallel.jobs(jobs))).containsOnly(inner);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64})
    void aVariableOfTheUserThatSaysLessIsKeptUnlessTheContextSaysANumber(int said) throws Exception {
        ChildJvm.of(UsersVariable.class, built("libheddle_openmp_probe_gomp.so"))
                .environment("OMP_NUM_THREADS", Integer.toString(said))
                .environment("OMP_DYNAMIC", "false")
                .succeeds();
    }

    static final class UsersVariable {
        public static void main(String[] args) {
            int said = Integer.parseInt(System.getenv("OMP_NUM_THREADS"));
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[0]));
            assertThat(Parallel.jobs(1).range(8, _ -> region.threads()))
                    .as("the share of one worker, or less where the variable says so")
                    .containsOnly(Math.min(said, Parallel.usableCpus()));
            assertThat(Parallel.jobs(Parallel.usableCpus()).range(8, _ -> region.threads()))
                    .as("the share of one of many")
                    .containsOnly(1);
            for (int inner : new int[] {1, 3}) {
                try (var _ = ParallelConfig.backend("threads")
                        .innerMaxNumThreads(inner)
                        .open()) {
                    assertThat(Parallel.jobs(2).range(8, _ -> region.threads())).containsOnly(inner);
                }
            }
            assertThat(region.threads()).isEqualTo(said);
        }
    }

    @Test
    void aBlasThatTheCallerHasUsedWorksOnInTheWorkers() throws Exception {
        ChildJvm.of(UsedBlas.class, openBlas("libopenblas0-pthread"))
                .environment("OPENBLAS_NUM_THREADS", "2")
                .succeeds();
    }

    static final class UsedBlas {
        public static void main(String[] args) {
            BlasCalls blas = BlasCalls.open(args);
            assertThat(blas.product(300).multipliesRight()).isTrue(); // its threads are there
            for (int jobs : new int[] {2, 4}) {
                assertThat(Parallel.jobs(jobs).range(8, _ -> blas.product(300).multipliesRight()))
                        .containsOnly(true)
                        .hasSize(8);
            }
            assertThat(blas.product(300).multipliesRight()).isTrue();
        }
    }

    // workers

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void callsOneAfterTheOtherHaveTheSameWorkers(int jobs) {
        try (ThreadsBackend backend = new ThreadsBackend()) {
            Parallel parallel = Parallel.builder().backend(backend).jobs(jobs).build();
            Set<Thread> workers = ConcurrentHashMap.newKeySet();
            for (int call = 0; call < 10; call++) {
                awaitIdle(workers);
                onEachWorker(parallel, () -> workers.add(Thread.currentThread()));
            }
            assertThat(workers).hasSize(jobs);
        }
    }

    private static void awaitIdle(Set<Thread> workers) {
        await().pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(20))
                .until(() -> workers.stream().allMatch(worker -> worker.getState() == Thread.State.TIMED_WAITING));
    }

    private static void onEachWorker(Parallel parallel, Runnable task) {
        int jobs = parallel.effectiveJobs();
        CyclicBarrier together = new CyclicBarrier(jobs);
        parallel.forEach(upTo(jobs), _ -> {
            together.await(30, TimeUnit.SECONDS);
            task.run();
        });
    }

    private static final class Initialised implements AutoCloseable {
        private static final Set<Initialised> MADE = ConcurrentHashMap.newKeySet();
        private final Thread worker = Thread.currentThread();
        private final String argument;

        Initialised(String argument) {
            this.argument = argument;
            MADE.add(this);
        }

        @Override
        public void close() {
            MADE.remove(this);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void whatAWorkerNeedsIsThereInEveryTaskOfACallThatAContextConfigures(int jobs) {
        WorkerLocal<Initialised> local = WorkerLocal.withInitial(() -> new Initialised("status"));
        try (ThreadsBackend backend = new ThreadsBackend();
                var _ = ParallelConfig.backend(backend).jobs(jobs).open()) {
            Parallel.create()
                    .range(
                            100,
                            _ -> assertThat(local.get()).hasValueSatisfying(value -> {
                                assertThat(value.worker).isSameAs(Thread.currentThread());
                                assertThat(value.argument).isEqualTo("status");
                            }));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void whatAWorkerNeedsIsMadeOnceForEachWorkerOfACall(int jobs) {
        ConcurrentLinkedQueue<Thread> made = new ConcurrentLinkedQueue<>();
        WorkerLocal<Initialised> local = WorkerLocal.withInitial(() -> {
            made.add(Thread.currentThread());
            return new Initialised("status");
        });
        on("threads", jobs).range(1000, _ -> local.get().orElseThrow().argument);
        assertThat(made).doesNotHaveDuplicates().hasSizeBetween(1, jobs);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void whatAWorkerNeedsIsKeptForLaterCallsAndAnotherNeedIsMetApart(int jobs) {
        try (ThreadsBackend backend = new ThreadsBackend()) {
            Parallel parallel = Parallel.builder().backend(backend).jobs(jobs).build();
            Set<Thread> workers = ConcurrentHashMap.newKeySet();
            Set<Initialised> kept = ConcurrentHashMap.newKeySet();
            Set<Initialised> apart = ConcurrentHashMap.newKeySet();
            WorkerLocal<Initialised> same = WorkerLocal.withInitial(() -> new Initialised("the same"));
            for (int call = 0; call < 3; call++) {
                WorkerLocal<Initialised> another = WorkerLocal.withInitial(() -> new Initialised("another"));
                awaitIdle(workers);
                onEachWorker(parallel, () -> {
                    workers.add(Thread.currentThread());
                    kept.add(same.get().orElseThrow());
                    apart.add(another.get().orElseThrow());
                });
            }
            assertThat(workers).hasSize(jobs);
            assertThat(kept).hasSize(jobs);
            assertThat(apart).hasSize(3 * jobs);
        }
    }
}
