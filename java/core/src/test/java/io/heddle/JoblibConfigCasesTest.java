package io.heddle;

import static io.heddle.JoblibCases.squaresUpTo;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.backend.Hint;
import io.heddle.backend.SequentialBackend;
import io.heddle.control.Registration;
import io.heddle.fixture.CountingBackend;
import io.heddle.fixture.RecordedCalls;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** joblib's cases of configurations. */
@Timeout(60)
class JoblibConfigCasesTest {
    private static CallStatus started(Parallel parallel) {
        RecordedCalls calls = new RecordedCalls();
        try (var _ = ParallelConfig.create().listener(calls).open()) {
            assertThat(parallel.map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
        }
        return calls.started().getFirst();
    }

    private static CallStatus started() {
        return started(Parallel.create());
    }

    @Test
    void aConfigurationWithoutABlockHoldsForTheWholeJvmUntilItIsTakenBack() throws Exception {
        CallStatus before = started();
        Registration installed =
                ParallelConfig.backend("virtual-threads").jobs(3).install();
        try {
            assertThat(started().backend()).isEqualTo("virtual-threads");
            Thread.ofPlatform()
                    .start(() -> assertThat(started().jobs()).isEqualTo(3))
                    .join();
            assertThatThrownBy(() -> ParallelConfig.create().jobs(2).install())
                    .as("there is one for the whole JVM")
                    .isInstanceOf(IllegalStateException.class);
        } finally {
            installed.close();
            installed.close(); // a second time does nothing
        }
        assertThat(started().backend()).isEqualTo(before.backend());
        assertThat(started().jobs()).isEqualTo(before.jobs());
    }

    @Test
    void aBackendOfAnotherArtifactIsFoundAtItsFirstUseByACallToo() {
        try (var _ = ParallelConfig.backend("serializing").jobs(2).open()) {
            assertThat(started().backend()).isEqualTo("serializing");
        }
        assertThat(started(Parallel.builder().backend("serializing").jobs(2).build())
                        .backend())
                .isEqualTo("serializing");
    }

    @Test
    void aConfigurationNeedsNoBackend() {
        CountingBackend processes = CountingBackend.separate("processes", 1);
        try (Registration _ = ParallelConfig.register(processes.provider());
                var _ = ParallelConfig.create().jobs(2).batchSize(4).open()) {
            CallStatus status =
                    started(Parallel.builder().prefer(Hint.PROCESSES).build());
            assertThat(status.backend()).isEqualTo("processes");
            assertThat(status.jobs()).isEqualTo(2);
        }
    }

    @Test
    void whatACallSaysGoesBeforeWhatItsConfigurationSays() {
        CountingBackend mine = CountingBackend.separate("mine", 50);
        try (var _ = ParallelConfig.backend("threads").jobs(3).batchSize(2).open()) {
            CallStatus status = started(
                    Parallel.builder().backend(mine).jobs(2).batchSize(5).build());
            assertThat(status.backend()).isEqualTo("mine");
            assertThat(status.jobs()).isEqualTo(2);
            assertThat(mine.batches())
                    .allMatch(batch -> batch.to() - batch.from() <= 5)
                    .anyMatch(batch -> batch.to() - batch.from() > 2);
        }
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                wrong("jobs = 0", config -> config.jobs(0)),
                wrong("innerMaxNumThreads = 0", config -> config.innerMaxNumThreads(0)),
                wrong("batchSize = 0", config -> config.batchSize(0)),
                wrong("preDispatch = 0", config -> config.preDispatch(0)),
                wrong("preDispatch = \"wrong\"", config -> config.preDispatch("wrong")),
                wrong("preDispatch = \"2*n_jobs;\"", config -> config.preDispatch("2*n_jobs;")),
                wrong("preDispatch = \"1/0\"", config -> config.preDispatch("1/0")),
                wrong("timeLimit = PT0S", config -> config.timeLimit(Duration.ZERO)),
                wrong("timeLimit = PT-1S", config -> config.timeLimit(Duration.ofSeconds(-1))),
                wrong("retries = -1", config -> config.retries(-1)));
    }

    private static Arguments wrong(String told, Consumer<ParallelConfig> said) {
        return Arguments.of(told, said);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrong")
    void aWrongValueIsRefusedWhereItIsSaid(String told, Consumer<ParallelConfig> said) {
        assertThatThrownBy(() -> said.accept(ParallelConfig.create()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(told);
    }

    @Test
    void optionsNeedABackendByName() {
        for (ThrowingCallable call : new ThrowingCallable[] {
            () -> ParallelConfig.create().option("stackBytes", 1 << 25).open(),
            () -> ParallelConfig.create().option("stackBytes", 1 << 25).install()
        }) {
            assertThatThrownBy(call)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[stackBytes]")
                    .hasMessageContaining("without a backend");
        }
        assertThatThrownBy(() -> ParallelConfig.backend(SequentialBackend.INSTANCE)
                        .option("stackBytes", 1 << 25)
                        .open())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("together with a backend instance");
        try (var _ =
                ParallelConfig.create().innerMaxNumThreads(1).open()) { // every call can hold it: no backend needed
            assertThat(started().innerMaxNumThreads()).isEqualTo(1);
        }
    }

    @Test
    void anInnerConfigurationKeepsWhatItDoesNotSay() {
        CallStatus before = started();
        try (var _ = ParallelConfig.create().jobs(2).open()) {
            assertThat(started().backend()).isEqualTo("threads");
            assertThat(started().jobs()).isEqualTo(2);
        }
        try (var _ = ParallelConfig.backend("virtual-threads").open();
                var _ = ParallelConfig.create().jobs(2).open()) {
            assertThat(started().backend()).isEqualTo("virtual-threads");
            assertThat(started().jobs()).isEqualTo(2);
        }
        AtomicInteger tries = new AtomicInteger();
        try (var _ = ParallelConfig.create().retries(2).open();
                var _ = ParallelConfig.create().jobs(2).open()) {
            assertThat(Parallel.create().range(1, _ -> {
                        if (tries.incrementAndGet() < 3) {
                            throw new IllegalStateException("not yet");
                        }
                        return "done";
                    }))
                    .containsExactly("done");
        }
        assertThat(tries).hasValue(3);
        assertThat(started().jobs()).isEqualTo(before.jobs());
    }

    @Test
    void anInnerLimitIsRefusedForABackendThatCannotHoldOneAndThreadsHoldIt() {
        try (var _ =
                ParallelConfig.backend("virtual-threads").innerMaxNumThreads(1).open()) {
            assertThatThrownBy(() -> Parallel.jobs(2).map(upTo(2), JoblibCases::square))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("innerMaxNumThreads = 1")
                    .hasMessageContaining("'virtual-threads'");
        }
        try (var _ = ParallelConfig.backend("threads").innerMaxNumThreads(1).open()) {
            assertThat(started(Parallel.jobs(2)).innerMaxNumThreads()).isEqualTo(1);
        }
    }

    @Test
    void jobsThatAreNotSaidAreThoseOfTheConfigurationOrTheBackend() {
        try (var _ = ParallelConfig.backend("threads").jobs(2).open()) {
            assertThat(started(Parallel.builder().build()).jobs()).isEqualTo(2);
        }
        try (var _ = ParallelConfig.backend("threads").open()) {
            assertThat(Parallel.builder().build().effectiveJobs())
                    .isEqualTo(Parallel.create().effectiveJobs())
                    .isEqualTo(Parallel.usableCpus());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"threads", "virtual-threads"})
    void anInnerConfigurationTakesTheJobsOfAnOuterOneBack(String backend) {
        try (var _ = ParallelConfig.backend(backend).jobs(7).open()) {
            try (var _ = ParallelConfig.backend(backend).open()) {
                assertThat(Parallel.create().effectiveJobs()).isEqualTo(7);
            }
            try (var _ = ParallelConfig.backend(backend).jobs(-1).open()) {
                assertThat(Parallel.create().effectiveJobs()).isEqualTo(Parallel.usableCpus());
            }
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(7);
        }
    }
}
