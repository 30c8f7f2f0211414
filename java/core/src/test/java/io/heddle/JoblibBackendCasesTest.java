package io.heddle;

import static io.heddle.JoblibCases.on;
import static io.heddle.JoblibCases.squaresUpTo;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendProvider;
import io.heddle.backend.BackendUnavailableException;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Constraint;
import io.heddle.backend.Execution;
import io.heddle.backend.Hint;
import io.heddle.backend.Work;
import io.heddle.control.Registration;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.CountingBackend;
import io.heddle.fixture.RecordedCalls;
import io.heddle.fixture.Warnings;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** joblib's cases of backends: names, registration, contexts, hints and constraints. */
@Timeout(60)
class JoblibBackendCasesTest {
    private static final String BACKENDS = "io.heddle.JoblibCases#backends";

    /** The backend that runs a call made here, and its jobs. */
    private static CallStatus chosen(Parallel.Builder call) {
        RecordedCalls calls = new RecordedCalls();
        assertThat(call.listener(calls).build().map(upTo(10), JoblibCases::square))
                .isEqualTo(squaresUpTo(10));
        return calls.started().getFirst();
    }

    private static CallStatus chosen() {
        return chosen(Parallel.builder());
    }

    // jobs

    @Test
    void jobsThatACallDoesNotSayAreThoseOfItsContext() {
        int cpus = Parallel.usableCpus();
        try (var _ = ParallelConfig.backend("threads").jobs(3).open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(3);
        }
        try (var _ = ParallelConfig.backend("threads").jobs(-1).open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(cpus);
        }
        try (var _ = ParallelConfig.backend("threads").open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(cpus);
        }
        assertThat(Parallel.create().effectiveJobs()).isEqualTo(cpus);
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void noBackendTakesZeroJobs(String backend) {
        assertThatThrownBy(() -> Parallel.builder().backend(backend).jobs(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jobs = 0")
                .hasMessageContaining("-1 for all");
        assertThatThrownBy(() -> ParallelConfig.backend(backend).jobs(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jobs = 0");
    }

    @Test
    void aBackendWithoutAWorkerIsRefused() {
        Backend empty = new Backend() {
            @Override
            public String name() {
                return "empty";
            }

            @Override
            public boolean sharesMemory() {
                return true;
            }

            @Override
            public boolean holdsInnerLimit() {
                return true;
            }

            @Override
            public int effectiveJobs(int jobs) {
                return 0;
            }

            @Override
            public Execution start(Work work, CallSettings settings) {
                throw new AssertionError("asked to run without a worker");
            }
        };
        try (var _ = ParallelConfig.backend(empty).open()) {
            assertThatThrownBy(() -> Parallel.jobs(2).map(upTo(2), JoblibCases::square))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'empty' has no worker");
        }
    }

    // names

    @Test
    void anUnknownBackendIsRefusedWhereverItIsNamed() {
        assertThatThrownBy(() -> Parallel.builder().backend("unit-testing").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'unit-testing'")
                .hasMessageContainingAll("sequential", "threads", "virtual-threads");
        assertThatThrownBy(() -> ParallelConfig.backend("unit-testing").open())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'unit-testing'");
        assertThatThrownBy(() -> ParallelConfig.backend("unit-testing").install())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'unit-testing'");
    }

    @Test
    void aBackendOfAnArtifactThatIsNotThereSaysWhatIsMissing() {
        assertThatThrownBy(() -> ParallelConfig.backend("dask").open())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'dask'")
                .hasMessageContaining("artifact")
                .hasMessageContaining("class path or module path");
    }

    @Test
    void aRegisteredBackendIsKnownByItsNameUntilItIsTakenBack() {
        CountingBackend mine = CountingBackend.sharing("mine");
        try (Registration _ = ParallelConfig.register(mine.provider())) {
            assertThat(chosen(Parallel.builder().backend("mine").jobs(2)).backend())
                    .isEqualTo("mine");
            try (var _ = ParallelConfig.backend("mine").jobs(2).open()) {
                assertThat(chosen().backend()).isEqualTo("mine");
            }
            assertThat(mine.calls()).hasSize(2);
            assertThatThrownBy(() -> Parallel.builder().backend("nobodys").build())
                    .hasMessageContaining("mine");
        }
        assertThatThrownBy(() -> Parallel.builder().backend("mine").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'mine'");
    }

    @Test
    void anInstalledConfigurationIsTheDefaultOfEveryThreadUntilItIsTakenBack() {
        CountingBackend mine = CountingBackend.sharing("mine");
        CallStatus before = chosen();
        try (Registration _ = ParallelConfig.backend(mine).jobs(3).install()) {
            assertThat(chosen().backend()).isEqualTo("mine");
            Thread[] other = {Thread.ofPlatform().unstarted(() -> chosen())};
            other[0].start();
            join(other[0]);
            assertThat(mine.calls()).hasSize(2).allMatch(settings -> settings.jobs() == 3);
            try (var _ = ParallelConfig.backend("threads").open()) {
                assertThat(chosen().backend()).as("an open one goes first").isEqualTo("threads");
            }
        }
        assertThat(chosen().backend()).isEqualTo(before.backend());
        assertThat(chosen().jobs()).isEqualTo(before.jobs());
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whereABackendCannotBeHadTasksRunOnThreadsWithOneWarning() throws Exception {
        ChildJvm.of(WithoutProcesses.class).succeeds();
    }

    static final class WithoutProcesses {
        public static void main(String[] args) {
            BackendProvider unavailable = new BackendProvider() {
                @Override
                public String name() {
                    return "processes";
                }

                @Override
                public Set<String> options() {
                    return Set.of();
                }

                @Override
                public Backend create(Map<String, Object> options) {
                    throw new BackendUnavailableException("no program to start them with");
                }
            };
            Warnings warnings = Warnings.collect();
            try (Registration _ = ParallelConfig.register(unavailable)) {
                for (int call = 0; call < 3; call++) {
                    assertThat(chosen(Parallel.builder().backend("processes").jobs(2))
                                    .backend())
                            .isEqualTo("threads");
                    assertThat(chosen(Parallel.builder().prefer(Hint.PROCESSES).jobs(2))
                                    .backend())
                            .isEqualTo("threads");
                }
                try (var _ = ParallelConfig.backend("processes").jobs(2).open()) {
                    assertThat(chosen().backend()).isEqualTo("threads");
                    assertThat(chosen().jobs()).isEqualTo(2);
                }
                assertThat(warnings.with("no program to start them with"))
                        .singleElement()
                        .asString()
                        .contains("threads");
                assertThatThrownBy(() -> Parallel.builder()
                                .require(Constraint.SEPARATE_PROCESSES)
                                .jobs(2)
                                .build()
                                .map(upTo(2), JoblibCases::square))
                        .hasMessageContaining("no program to start them with");
            }
        }
    }

    // contexts

    @Test
    void contextsSwitchBackendsOneAfterTheOtherAndOnManyThreadsAtOnce() {
        List<CountingBackend> mine =
                List.of(CountingBackend.sharing("a"), CountingBackend.sharing("b"), CountingBackend.sharing("c"));
        String before = chosen().backend();
        for (String backend : List.of("threads", "virtual-threads")) {
            checkContext(ParallelConfig.backend(backend), backend);
            assertThat(chosen().backend()).isEqualTo(before);
        }
        for (CountingBackend backend : mine) {
            checkContext(ParallelConfig.backend(backend), backend.name());
            assertThat(chosen().backend()).isEqualTo(before);
        }
        CyclicBarrier together = new CyclicBarrier(mine.size());
        on("threads", mine.size()).forEach(mine, backend -> {
            together.await();
            for (int round = 0; round < 20; round++) {
                checkContext(ParallelConfig.backend(backend), backend.name());
            }
        });
        assertThat(chosen().backend()).isEqualTo(before);
    }

    private static void checkContext(ParallelConfig config, String backend) {
        try (var _ = config.jobs(3).open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(3);
            CallStatus status = chosen();
            assertThat(status.backend()).isEqualTo(backend);
            assertThat(status.jobs()).isEqualTo(3);
        }
    }

    @Test
    void optionsOfAContextReachTheBackendThatItNames() {
        Map<String, Object> given = new ConcurrentHashMap<>();
        CountingBackend mine = CountingBackend.sharing("mine");
        try (Registration _ = ParallelConfig.register(mine.provider(Set.of("param"), given))) {
            try (var _ =
                    ParallelConfig.backend("mine").option("param", 42).jobs(3).open()) {
                CallStatus status = chosen();
                assertThat(status.backend()).isEqualTo("mine");
                assertThat(status.jobs()).isEqualTo(3);
            }
            assertThat(given).containsExactly(Map.entry("param", 42));
            assertThatThrownBy(() ->
                            ParallelConfig.backend("mine").option("parm", 42).open())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'parm'")
                    .hasMessageContaining("[param]");
        }
        assertThat(chosen().backend()).isNotEqualTo("mine");
    }

    @Test
    void aContextTakesABackendThatNobodyRegistered() {
        CountingBackend mine = CountingBackend.sharing("mine");
        try (var _ = ParallelConfig.backend(mine).jobs(5).open()) {
            assertThat(chosen().jobs()).isEqualTo(5);
        }
        assertThat(mine.calls()).singleElement().extracting(CallSettings::jobs).isEqualTo(5);
        chosen();
        assertThat(mine.calls()).hasSize(1);
    }

    // hints and constraints

    @Test
    void aHintIsAWishAndAConstraintBinds() {
        CountingBackend processes = CountingBackend.separate("processes", 1);
        try (Registration _ = ParallelConfig.register(processes.provider())) {
            for (int jobs : new int[] {2, 3}) {
                assertThat(chosen(Parallel.builder().jobs(jobs)).backend()).isEqualTo("threads");
                assertThat(chosen(Parallel.builder().jobs(jobs).prefer(Hint.THREADS))
                                .backend())
                        .isEqualTo("threads");
                assertThat(chosen(Parallel.builder().jobs(jobs).prefer(Hint.PROCESSES))
                                .backend())
                        .isEqualTo("processes");
                assertThat(chosen(Parallel.builder().jobs(jobs).require(Constraint.SHARED_MEMORY))
                                .backend())
                        .isEqualTo("threads");
                assertThat(chosen(Parallel.builder().jobs(jobs).require(Constraint.SEPARATE_PROCESSES))
                                .backend())
                        .isEqualTo("processes");
            }
            assertThat(chosen(Parallel.builder().backend("processes").jobs(2).prefer(Hint.THREADS))
                            .backend())
                    .as("a backend that is named goes before a hint")
                    .isEqualTo("processes");
            try (var _ = ParallelConfig.backend("processes").jobs(2).open()) {
                CallStatus hinted = chosen(Parallel.builder().prefer(Hint.THREADS));
                assertThat(hinted.backend()).isEqualTo("processes");
                assertThat(hinted.jobs()).isEqualTo(2);
                CallStatus withJobs =
                        chosen(Parallel.builder().prefer(Hint.THREADS).jobs(3));
                assertThat(withJobs.backend()).isEqualTo("processes");
                assertThat(withJobs.jobs()).isEqualTo(3);
                CallStatus bound = chosen(Parallel.builder().require(Constraint.SHARED_MEMORY));
                assertThat(bound.backend()).isEqualTo("threads");
                assertThat(bound.jobs()).as("the context's jobs stay").isEqualTo(2);
                assertThat(chosen(Parallel.builder()
                                        .require(Constraint.SHARED_MEMORY)
                                        .jobs(3))
                                .jobs())
                        .isEqualTo(3);
            }
            try (var _ =
                    ParallelConfig.create().require(Constraint.SHARED_MEMORY).open()) {
                assertThatThrownBy(() -> Parallel.builder()
                                .backend("processes")
                                .jobs(2)
                                .build()
                                .map(upTo(2), JoblibCases::square))
                        .as("the context's constraint binds the call")
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("SHARED_MEMORY");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Hint.class)
    void aHintNeverLeadsToAnError(Hint hint) {
        for (int jobs : new int[] {1, 2}) {
            chosen(Parallel.builder().jobs(jobs).prefer(hint));
            try (var _ = ParallelConfig.create().jobs(jobs).prefer(hint).open()) {
                chosen();
            }
        }
    }

    @Test
    void aBackendOfTheUsersOwnSaysWhetherItSharesMemory() {
        CountingBackend sharing = CountingBackend.sharing("sharing");
        try (var _ = ParallelConfig.backend(sharing).open()) {
            assertThat(chosen(Parallel.builder().jobs(2).prefer(Hint.PROCESSES)).backend())
                    .isEqualTo("sharing");
            assertThat(chosen(Parallel.builder().jobs(2).require(Constraint.SHARED_MEMORY))
                            .backend())
                    .isEqualTo("sharing");
        }
        CountingBackend separate = CountingBackend.separate("separate", 1);
        try (var _ = ParallelConfig.backend(separate).open()) {
            assertThat(chosen(Parallel.builder().jobs(2).prefer(Hint.PROCESSES)).backend())
                    .isEqualTo("separate");
            assertThat(chosen(Parallel.builder().jobs(2).require(Constraint.SHARED_MEMORY))
                            .backend())
                    .isEqualTo("threads");
        }
        assertThatThrownBy(() -> Parallel.builder()
                        .backend(separate)
                        .require(Constraint.SHARED_MEMORY)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'separate'")
                .hasMessageContaining("SHARED_MEMORY");
    }

    @ParameterizedTest
    @ValueSource(strings = {"threads", "virtual-threads", "sequential"})
    void aBackendAndAConstraintThatExcludeEachOtherAreRefused(String sharing) {
        assertThatThrownBy(() -> Parallel.builder()
                        .backend("serializing")
                        .require(Constraint.SHARED_MEMORY)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'serializing'")
                .hasMessageContaining("SHARED_MEMORY");
        assertThatThrownBy(() -> Parallel.builder()
                        .backend(sharing)
                        .require(Constraint.SEPARATE_PROCESSES)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + sharing + "'")
                .hasMessageContaining("SEPARATE_PROCESSES");
    }

    @Test
    void aHintAndAConstraintThatExcludeEachOtherAreRefused() {
        assertThatThrownBy(() -> Parallel.builder()
                        .prefer(Hint.PROCESSES)
                        .require(Constraint.SHARED_MEMORY)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PROCESSES")
                .hasMessageContaining("SHARED_MEMORY");
    }
}
