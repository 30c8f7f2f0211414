package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.TaskFunction;
import io.heddle.processes.failure.TaskTransferException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks that give back the same object each time, as numeric code does with its buffers: a result is what it was when its task ended. */
@Timeout(120)
final class ReusedResultsTest {
    private static final int TASKS = 200;
    private static final int BAD = 50;

    private final ProcessesBackend backend = ProcessesBackend.builder()
            .maxFrameBytes(1 << 20)
            .spareWorkers(0)
            .environment("HEDDLE_TEST", ReusedResultsTest.class.getName())
            .build();

    @AfterEach
    void endWorkers() {
        backend.close();
    }

    private <R> List<Outcome<R>> outcomes(TaskFunction<Integer, R> task) {
        return Parallel.builder()
                .backend(backend)
                .jobs(2)
                .batchSize(100)
                .build()
                .outcomes(IntStream.range(0, TASKS).boxed().toList(), task);
    }

    @Test
    void besideOneThatCannotBeSent() {
        double[] buffer = new double[1];
        List<Outcome<Object>> outcomes = outcomes(task -> {
            buffer[0] = task;
            return task == BAD ? new Object() : buffer;
        });

        assertThat(outcomes.get(BAD).isSuccess()).isFalse();
        for (int task = 0; task < TASKS; task++) {
            if (task != BAD) {
                assertThat((double[]) outcomes.get(task).get()).containsExactly(task);
            }
        }
    }

    @Test
    void thatTogetherAreTooLargeForOneFrame() {
        double[] buffer = new double[80_000];
        List<Outcome<double[]>> outcomes = outcomes(task -> {
            buffer[0] = task;
            return buffer;
        });

        for (int task = 0; task < TASKS; task++) {
            assertThat(outcomes.get(task).get()[0]).isEqualTo(task);
        }
    }

    @Test
    void besideOneThatIsTooLarge() {
        List<Integer> list = new ArrayList<>();
        List<Outcome<Object>> outcomes = outcomes(task -> {
            list.clear();
            list.add(task);
            return task == BAD ? new double[1 << 18] : list;
        });

        assertThat(outcomes.get(BAD).isSuccess()).isFalse();
        for (int task = 0; task < TASKS; task++) {
            if (task != BAD) {
                assertThat(outcomes.get(task).get()).isEqualTo(List.of(task));
            }
        }
    }

    /** What went together with it and has changed since cannot be had again: that is told, and nothing wrong is given. */
    @Test
    void besideOneThatCannotBeReadHere() {
        List<Integer> list = new ArrayList<>();
        List<Outcome<Object>> outcomes = outcomes(task -> {
            list.clear();
            list.add(task);
            return task == BAD ? new UnreadableHere() : task % 2 == 0 ? list : List.of(task);
        });

        assertThat(outcomes.get(BAD).isSuccess()).isFalse();
        for (int task = 0; task < TASKS; task++) {
            switch (outcomes.get(task)) {
                case Outcome.Success<Object> success ->
                    assertThat(success.get()).isEqualTo(List.of(task));
                case Outcome.Failure<Object> failure -> {
                    assertThat(task).isGreaterThanOrEqualTo(BAD).isEven();
                    assertThat(failure.failure()).hasCauseInstanceOf(TaskTransferException.class);
                    if (task != BAD) {
                        assertThat(failure.failure().getCause())
                                .hasMessageContainingAll("has changed it since", "an object of its own");
                    }
                }
            }
        }
    }

    private static final class UnreadableHere implements Serializable {
        private static final long serialVersionUID = 1L;

        private void readObject(ObjectInputStream in) {
            throw new IllegalStateException("not here");
        }
    }
}
