package io.heddle;

import static io.heddle.JoblibCases.forEver;
import static io.heddle.JoblibCases.on;
import static io.heddle.JoblibCases.producer;
import static io.heddle.JoblibCases.squaresUpTo;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.heddle.backend.ThreadsBackend;
import io.heddle.fixture.Warnings;
import java.io.NotSerializableException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** joblib's cases of what goes wrong: failing tasks and producers, time limits, abort. */
@Timeout(60)
class JoblibFailureCasesTest {
    private static final String BACKENDS = "io.heddle.JoblibCases#backends";
    private static final String CONCURRENT_BACKENDS = "io.heddle.JoblibCases#concurrentBackends";
    private static final Duration SHORT = Duration.ofMillis(10);
    private static final Duration LONG = Duration.ofSeconds(30);

    private static final class Fussy extends Exception {
        private static final long serialVersionUID = 1L;

        Fussy(int a, List<String> b, Runnable c) {
            super(a + " " + b);
            c.run();
        }
    }

    private static final class Stop extends Error {
        private static final long serialVersionUID = 1L;
    }

    // time limits

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void tasksThatAreFastEnoughStayWithinTheirTimeLimit(String backend) {
        assertThat(limited(backend, LONG).map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
    }

    @ParameterizedTest
    @MethodSource(CONCURRENT_BACKENDS)
    void aTaskPastItsTimeLimitIsInterruptedAndFailsTheCall(String backend) {
        assertTimeout(() -> limited(backend, SHORT).range(10, _ -> forEver()));
    }

    @ParameterizedTest
    @MethodSource(CONCURRENT_BACKENDS)
    void aTimeLimitHoldsInStreamsOfResults(String backend) {
        assertTimeout(() -> listed(limited(backend, SHORT).ordered(upTo(10), _ -> forEver())));
        assertTimeout(() -> listed(limited(backend, SHORT).unordered(upTo(10), _ -> forEver())));
        assertThat(listed(limited(backend, LONG).ordered(upTo(10), JoblibCases::square)))
                .isEqualTo(squaresUpTo(10));
        assertThat(listed(limited(backend, LONG).unordered(upTo(10), JoblibCases::square)))
                .containsExactlyInAnyOrderElementsOf(squaresUpTo(10));
    }

    @Test
    void aTimeLimitHoldsWithOneJobTooAndWarnsOfNothing() {
        Parallel fast = Parallel.builder().jobs(1).timeLimit(LONG).build();
        assertThat(Warnings.during(() ->
                        assertThat(fast.map(upTo(50), JoblibCases::square)).isEqualTo(squaresUpTo(50))))
                .isEmpty();
        Parallel slow = Parallel.builder().jobs(1).timeLimit(SHORT).build();
        assertTimeout(() -> slow.range(10, _ -> forEver()));
    }

    private static Parallel limited(String backend, Duration limit) {
        return Parallel.builder().backend(backend).jobs(2).timeLimit(limit).build();
    }

    private static <R> List<R> listed(Stream<R> results) {
        try (results) {
            return results.toList();
        }
    }

    private static void assertTimeout(Callable<?> call) {
        assertThatThrownBy(call::call)
                .isInstanceOf(TaskFailedException.class)
                .cause()
                .isInstanceOf(TimeoutException.class);
    }

    // failing tasks

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aFailureKeepsItsTypeWhateverThatIs(String backend) {
        Parallel parallel = on(backend, 2);
        Fussy fussy = new Fussy(1, List.of("b"), () -> {});
        Stop stop = new Stop();
        assertThat(failure(() -> parallel.map(upTo(2), x -> 1 / x)).getCause()).isInstanceOf(ArithmeticException.class);
        assertThat(failure(() -> parallel.range(30, i -> fail(i, fussy))).getCause())
                .isSameAs(fussy);
        assertThat(failure(() -> parallel.range(2, _ -> {
                            throw stop;
                        }))
                        .getCause())
                .isSameAs(stop);
        TaskFailedException failed = failure(() -> parallel.range(30, i -> fail(i, fussy)));
        assertThatThrownBy(() -> failed.throwIf(Fussy.class)).isSameAs(fussy);
        assertThat(parallel.map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
    }

    @Test
    void workersOfTheUsersOwnServeOnAfterAFailure() {
        try (ThreadsBackend workers = new ThreadsBackend()) {
            Parallel parallel = Parallel.builder().backend(workers).jobs(2).build();
            for (int round = 0; round < 10; round++) {
                assertThat(failure(() -> parallel.map(upTo(2), x -> 1 / x)).getCause())
                        .isInstanceOf(ArithmeticException.class);
                assertThat(parallel.map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
            }
        }
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aFailureIsSeenWhileTasksAreStillTakenFromTheProducer(String backend) {
        AtomicInteger produced = new AtomicInteger();
        Parallel parallel = Parallel.builder()
                .backend(backend)
                .jobs(2)
                .batchSize(1)
                .preDispatch(16)
                .build();
        IllegalStateException failure = new IllegalStateException("task 7");
        assertThat(failure(() -> parallel.map(producer(1000, _ -> produced.incrementAndGet()), i -> fail(i, failure))))
                .satisfies(failed -> assertThat(failed.taskIndex()).isEqualTo(7))
                .cause()
                .isSameAs(failure);
        assertThat(produced.get()).as("taken from the producer").isBetween(8, 8 + 16 + 2);
    }

    @ParameterizedTest
    @MethodSource(CONCURRENT_BACKENDS)
    void aFailureInNestedCallsTellsEveryLevel(String backend) {
        TaskFailedException failure = failure(() -> on(backend, 2).range(30, JoblibFailureCasesTest::outermost));
        List<Throwable> chain = Stream.iterate((Throwable) failure, cause -> cause != null, Throwable::getCause)
                .toList();
        assertThat(chain)
                .hasSize(4)
                .last()
                .isInstanceOf(IllegalStateException.class)
                .hasToString("java.lang.IllegalStateException: seven");
        assertThat(chain.stream().flatMap(cause -> Arrays.stream(cause.getStackTrace())))
                .extracting(StackTraceElement::getMethodName)
                .contains("aFailureInNestedCallsTellsEveryLevel", "outermost", "between", "innermost");
    }

    private static Object outermost(int index) {
        return Parallel.jobs(2).range(30, JoblibFailureCasesTest::between);
    }

    private static Object between(int index) {
        return Parallel.jobs(2).range(30, JoblibFailureCasesTest::innermost);
    }

    private static Object innermost(int index) {
        if (index == 7) {
            throw new IllegalStateException("seven");
        }
        return index;
    }

    @ParameterizedTest
    @MethodSource(BACKENDS)
    void aFailureStopsTasksThatWouldRunForEver(String backend) {
        for (int jobs : new int[] {1, 2, -1, -2}) {
            IllegalArgumentException first = new IllegalArgumentException("no number");
            assertThat(failure(() -> on(backend, jobs).range(101, index -> {
                        if (index == 0) {
                            throw first;
                        }
                        return forEver();
                    })))
                    .hasMessageNotContaining("still running")
                    .cause()
                    .isSameAs(first);
        }
    }

    @Test
    void anInputThatCannotBeSentFailsItsTaskAndSaysWhich() {
        List<Object> inputs = List.of("sent", new Object() {
            @Override
            public String toString() {
                return "not to be sent";
            }
        });
        assertThat(failure(() -> on("serializing", 2).map(inputs, Object::hashCode)))
                .hasMessageContaining("Task 1 of 2")
                .hasMessageContaining("not to be sent")
                .cause()
                .isInstanceOf(NotSerializableException.class);
        assertThat(on("serializing", 2).map(upTo(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
    }

    // failing producers

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 19})
    void aFailureOfTheProducerReachesTheCallerWheneverItComes(int at) {
        for (String backend : JoblibCases.backends().toList()) {
            Parallel parallel = on(backend, 2);
            assertThat(root(catchThrowable(() -> parallel.map(failing(at), JoblibCases::square))))
                    .as(backend)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the producer fails at " + at);
            assertThat(root(catchThrowable(() -> listed(parallel.ordered(failing(at), JoblibCases::square)))))
                    .as(backend)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the producer fails at " + at);
            assertThat(parallel.map(producer(10), JoblibCases::square)).isEqualTo(squaresUpTo(10));
        }
    }

    private static Iterator<Integer> failing(int at) {
        return producer(20, next -> {
            if (next == at) {
                throw new IllegalStateException("the producer fails at " + at);
            }
        });
    }

    private static Throwable root(Throwable thrown) {
        Throwable root = thrown;
        for (Throwable cause = thrown.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        return root;
    }

    private static int fail(int index, Exception failure) throws Exception {
        if (index == 7) {
            throw failure;
        }
        return index;
    }

    private static TaskFailedException failure(Callable<?> call) {
        return catchThrowableOfType(TaskFailedException.class, call::call);
    }
}
