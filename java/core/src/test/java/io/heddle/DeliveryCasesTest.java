package io.heddle;

import static io.heddle.fixture.Elsewhere.elsewhere;
import static io.heddle.fixture.Inputs.upTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import io.heddle.fixture.CountingBackend;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a backend that runs tasks elsewhere may take and deliver. */
@Timeout(60)
class DeliveryCasesTest {
    /** What is done with a task that was taken. */
    private interface Treatment {
        void of(Work work, long index) throws Exception;
    }

    /** Treats one task after the other on a thread of its own. */
    private record Treating(Treatment treatment) implements Backend {
        @Override
        public String name() {
            return "treating";
        }

        @Override
        public boolean sharesMemory() {
            return false;
        }

        @Override
        public boolean holdsInnerLimit() {
            return false;
        }

        @Override
        public int effectiveJobs(int jobs) {
            return jobs;
        }

        @Override
        public Execution start(Work work, CallSettings settings) {
            Thread worker = Thread.ofPlatform().daemon().start(() -> serve(work));
            return worker::interrupt;
        }

        private void serve(Work work) {
            try {
                for (Optional<TaskRange> range = work.take(1); range.isPresent(); range = work.take(1)) {
                    for (long index = range.get().from(); index < range.get().to(); index++) {
                        treatment.of(work, index);
                    }
                }
            } catch (Exception | Error e) {
                work.failCall(e);
            } finally {
                work.end();
            }
        }
    }

    private static Parallel.Builder treating(Treatment treatment) {
        return Parallel.builder().jobs(2).backend(new Treating(treatment));
    }

    private static void deliverTwice(Work work, long index) throws Exception {
        work.succeed(index, work.task(index).call());
        work.fail(index, new IllegalStateException("of a second copy that was lost"));
    }

    @Test
    void aFailureAfterTheResultIsIgnored() throws Exception {
        Parallel parallel = treating(DeliveryCasesTest::deliverTwice).build();
        assertThat(elsewhere(() -> parallel.map(upTo(3), input -> input))).isEqualTo(upTo(3));
        assertThat(elsewhere(() -> parallel.map(upTo(3).iterator(), input -> input)))
                .isEqualTo(upTo(3));
        assertThat(elsewhere(() -> parallel.outcomes(upTo(3), input -> input))).allMatch(Outcome::isSuccess);
    }

    @Test
    void aFailureAfterTheResultIsNoReasonToTryAgain() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        Parallel parallel = treating(DeliveryCasesTest::deliverTwice).retries(2).build();
        assertThat(elsewhere(() -> parallel.map(upTo(3), input -> {
                    runs.incrementAndGet();
                    return input;
                })))
                .isEqualTo(upTo(3));
        assertThat(elsewhere(() -> parallel.map(upTo(3).iterator(), input -> {
                    runs.incrementAndGet();
                    return input;
                })))
                .isEqualTo(upTo(3));
        assertThat(runs).hasValue(6);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1, 7})
    void aTaskThatWasNotGivenOutCannotBeDelivered(long other) throws Exception {
        for (Treatment treatment : List.<Treatment>of(
                (work, _) -> work.succeed(other, null), (work, _) -> work.fail(other, new IllegalStateException()))) {
            Parallel parallel = treating(treatment).build();
            assertRefuses(other, () -> parallel.map(upTo(2), input -> input));
            assertRefuses(other, () -> parallel.map(upTo(2).iterator(), input -> input));
        }
    }

    private static void assertRefuses(long index, Runnable call) {
        assertThatThrownBy(() -> elsewhere(() -> {
                    call.run();
                    return null;
                }))
                .hasRootCauseInstanceOf(IllegalArgumentException.class)
                .hasStackTraceContaining("index = " + index + " is no task");
    }

    @Test
    void aBatchOfAnySizeTakesNoMoreRoomThanItsTasks() throws Exception {
        Parallel here = Parallel.builder().jobs(2).batchSize(Integer.MAX_VALUE).build();
        assertThat(elsewhere(() -> here.map(upTo(5_000).iterator(), input -> input)))
                .isEqualTo(upTo(5_000));
        Parallel there = Parallel.builder()
                .jobs(2)
                .backend(CountingBackend.separate("there", Integer.MAX_VALUE))
                .build();
        assertThat(elsewhere(() -> there.map(upTo(5_000).iterator(), input -> input)))
                .isEqualTo(upTo(5_000));
    }
}
