package io.heddle;

import static io.heddle.JoblibCases.on;
import static io.heddle.JoblibCases.squaresUpTo;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.CountingBackend;
import io.heddle.fixture.RecordedCalls;
import io.heddle.fixture.Warnings;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** joblib's cases of calls inside the tasks of calls. */
@Timeout(60)
class JoblibNestingCasesTest {
    private static final String CONCURRENT_BACKENDS = "io.heddle.JoblibCases#concurrentBackends";

    static Stream<Arguments> pairs() {
        return JoblibCases.backendsAndASendingOne()
                .flatMap(outer -> JoblibCases.backendsAndASendingOne().map(inner -> Arguments.of(outer, inner)));
    }

    @Test
    void nestedCallsWarnOfNothingUnlessTheUserOversubscribes() throws Exception {
        ChildJvm.of(NestedWarnings.class).environment("HEDDLE_MAX_CPUS", "2").succeeds();
    }

    static final class NestedWarnings {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            for (String inner : JoblibCases.backends().toList()) {
                on("threads", -1).range(5, _ -> on(inner, 1).map(upTo(3), JoblibCases::square));
                on("threads", -1)
                        .range(5, _ -> Parallel.builder().backend(inner).build().map(upTo(3), JoblibCases::square));
            }
            assertThat(warnings.with("")).isEmpty();
            for (int call = 0; call < 3; call++) {
                on("threads", -1).range(5, _ -> on("threads", 2).map(upTo(3), JoblibCases::square));
            }
            assertThat(warnings.with("oversubscribe"))
                    .singleElement()
                    .asString()
                    .contains("2 jobs on 1 CPU");
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void anyBackendRunsInsideAnyOther(String outer, String inner) {
        assertThat(on(outer, 2).range(2, _ -> on(inner, 2).map(upTo(2), JoblibCases::square)))
                .containsOnly(squaresUpTo(2))
                .hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void aTaskThatFailsBesideNestedCallsFailsTheCall(String outer, String inner) {
        for (int round = 0; round < 5; round++) {
            assertThatThrownBy(() -> on(outer, 2).range(2, index -> {
                        if (index == 1) {
                            throw new IllegalStateException("beside");
                        }
                        return on(inner, 2).map(upTo(2), JoblibCases::square);
                    }))
                    .isInstanceOf(TaskFailedException.class)
                    .hasMessageContaining("Task 1 of 2")
                    .hasRootCauseMessage("beside");
        }
    }

    @ParameterizedTest
    @MethodSource(CONCURRENT_BACKENDS)
    void aNestedCallThatSaysNothingHasItsWorkersShareAndOneThatSaysTwoRunsOnThreads(String backend) {
        RecordedCalls calls = new RecordedCalls();
        try (var _ = ParallelConfig.backend(backend).listener(calls).open()) {
            // Workers that wait, as those of virtual threads are taken to, hold no CPU: the calls inside share all of
            // them.
            int share = backend.equals("threads") ? Math.max(Parallel.usableCpus() / 2, 1) : Parallel.usableCpus();
            List<Integer> unsaid = Parallel.jobs(2).range(10, _ -> {
                CountDownLatch bothThere = new CountDownLatch(2);
                Parallel.jobs(2).range(2, inner -> {
                    bothThere.countDown();
                    bothThere.await(); // ends only if the other task runs too
                    return inner;
                });
                return Parallel.create().effectiveJobs();
            });
            assertThat(unsaid).hasSize(10).allMatch(jobs -> jobs >= 1 && jobs <= share);
        }
        assertThat(calls.backendsAt(0)).containsExactly(backend);
        assertThat(calls.backendsAt(1)).containsOnly("threads").hasSize(10);
    }

    @ParameterizedTest
    @MethodSource(CONCURRENT_BACKENDS)
    void oneJobIsTransparentForWhatTheContextSays(String backend) {
        int cpus = Parallel.usableCpus();
        assertThat(Parallel.jobs(1).range(10, _ -> Parallel.create().effectiveJobs()))
                .containsOnly(cpus);
        for (int jobs : new int[] {2, 3}) {
            RecordedCalls calls = new RecordedCalls();
            try (var _ =
                    ParallelConfig.backend(backend).jobs(jobs).listener(calls).open()) {
                on("sequential", 1)
                        .range(
                                10,
                                _ -> assertThat(Parallel.create().map(upTo(10), JoblibCases::square))
                                        .isEqualTo(squaresUpTo(10)));
            }
            assertThat(calls.started())
                    .filteredOn(status -> !status.backend().equals("sequential"))
                    .hasSize(10)
                    .allSatisfy(status -> {
                        assertThat(status.backend()).isEqualTo(backend);
                        assertThat(status.jobs()).isEqualTo(jobs);
                    });
        }
    }

    static Stream<Arguments> pairsInThisProcess() {
        return JoblibCases.backends().flatMap(outer -> JoblibCases.backends().map(inner -> Arguments.of(outer, inner)));
    }

    @ParameterizedTest
    @MethodSource("pairsInThisProcess")
    void theNestingLevelIsTheDepthOfCallsWithWorkers(String outer, String inner) {
        int inside = outer.equals("sequential") ? 0 : 1;
        assertThat(TaskContext.current()).isEmpty();
        List<Integer> levels = on(outer, 2).range(10, _ -> {
            List<Integer> nested = on(inner, 2)
                    .range(2, _ -> TaskContext.current().orElseThrow().nestingLevel());
            assertThat(nested).hasSize(2).containsOnly(nested.getFirst());
            assertThat(TaskContext.current().orElseThrow().nestingLevel())
                    .as("its own level again after the nested call")
                    .isZero();
            return nested.getFirst();
        });
        assertThat(levels).hasSize(10).containsOnly(inside);
    }

    @Test
    void nestedCallsDoNotGoToTheBackendOfTheCallAroundThem() {
        CountingBackend mine = CountingBackend.sharing("mine");
        try (var _ = ParallelConfig.backend(mine).open()) {
            assertThat(Parallel.jobs(2)
                            .range(
                                    5,
                                    n -> Parallel.jobs(2)
                                            .map(upTo(n), JoblibCases::square)
                                            .size()))
                    .isEqualTo(upTo(5));
        }
        assertThat(mine.calls()).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource(CONCURRENT_BACKENDS)
    void threadsAtTheFirstLevelAndTheTasksOwnThreadBelow(String backend) {
        RecordedCalls calls = new RecordedCalls();
        try (var _ = ParallelConfig.backend(backend).jobs(2).listener(calls).open()) {
            recurse(3);
        }
        assertThat(calls.backendsAt(0)).containsExactly(backend);
        assertThat(calls.backendsAt(1)).containsExactly("threads");
        assertThat(calls.backendsAt(2)).containsExactly("sequential", "sequential");
        assertThat(calls.started()).hasSize(4);
    }

    /** One call of two workers inside the other; two tasks, so that the workers are there, of which one goes deeper. */
    private static int recurse(int levels) {
        return Parallel.jobs(2)
                .range(2, index -> index == 0 && levels > 0 ? recurse(levels - 1) : 0)
                .size();
    }

    @Test
    void recursionWithoutEndOverflowsTheStackAndStartsNoThreadsWithoutEnd() throws Exception {
        ChildJvm.of(Recursion.class).succeeds();
    }

    static final class Recursion {
        private static final int FRAMES = 300;
        private static final Set<Thread> THREADS = ConcurrentHashMap.newKeySet();

        public static void main(String[] args) {
            for (String backend : JoblibCases.concurrentBackends().toList()) {
                try (var _ = ParallelConfig.backend(backend).jobs(2).open()) {
                    List<Throwable> chain = new ArrayList<>();
                    for (Throwable thrown = catchThrowable(Recursion::recurse);
                            thrown != null;
                            thrown = thrown.getCause()) {
                        chain.add(thrown);
                    }
                    assertThat(chain.getLast()).isInstanceOf(StackOverflowError.class);
                }
                assertThat(THREADS).as("threads that ran tasks").hasSizeLessThan(20);
                assertThat(on(backend, 2).map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
                assertThat(Parallel.create().effectiveJobs()).isEqualTo(Parallel.usableCpus());
                THREADS.clear();
            }
        }

        private static List<Object> recurse() {
            return Parallel.create().range(2, _ -> {
                THREADS.add(Thread.currentThread());
                return deeper(FRAMES);
            });
        }

        /** Code of the user's own between two calls, without which there are tens of thousands of calls before the stack ends. */
        private static List<Object> deeper(int frames) {
            List<Object> results = frames == 0 ? recurse() : deeper(frames - 1);
            return List.copyOf(results);
        }
    }
}
