package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.heddle.Outcome;
import io.heddle.ParallelException;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.failure.RemoteException;
import io.heddle.processes.failure.TaskTransferException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Failures that say nothing of themselves, or that nothing comes of on their way. */
@Timeout(60)
final class WordlessFailuresTest {
    private static OwnWorkers workers;

    @BeforeAll
    static void open() {
        workers = OwnWorkers.create();
    }

    @AfterAll
    static void close() {
        workers.close();
    }

    /** Says nothing of itself. */
    private static final class Mute extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }

        @Override
        public String toString() {
            throw new IllegalStateException("no words");
        }
    }

    private static final class MuteToWrite implements Serializable {
        private static final long serialVersionUID = 1L;

        private void writeObject(ObjectOutputStream out) {
            throw new Mute();
        }
    }

    private static final class MuteToRead implements Serializable {
        private static final long serialVersionUID = 1L;

        private void readObject(ObjectInputStream in) {
            throw new Mute();
        }
    }

    private static Object mute(int kind) {
        return kind == 0 ? new MuteToWrite() : new MuteToRead();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aFailureWithoutWordsInATransferFailsItsTaskAlone(int kind) throws IOException {
        Set<Long> before = workers.pids(1);
        List<List<Outcome<Object>>> calls = List.of(
                workers.jobs(1).outcomes(List.of(0, mute(kind), 2), input -> input),
                workers.jobs(1).outcomes(List.of(0, 1, 2), input -> input == 1 ? mute(kind) : input));
        for (List<Outcome<Object>> outcomes : calls) {
            assertThat(outcomes.stream().map(Outcome::isSuccess)).containsExactly(true, false, true);
            Throwable failure =
                    ((Outcome.Failure<Object>) outcomes.get(1)).failure().getCause();
            assertThat(failure instanceof TaskTransferException).isTrue();
            assertThat(failure.getMessage()).contains(Mute.class.getName());
        }
        assertThat(workers.pids(1)).isEqualTo(before);
    }

    @Test
    void anInitializersFailureWithoutWordsIsTold() {
        try (OwnWorkers own = OwnWorkers.of(OwnWorkers.settings().initializer(() -> {
            throw new Mute();
        }))) {
            Throwable failure = catchThrowableOfType(
                    ParallelException.class, () -> own.jobs(1).range(1, index -> index));
            while (!(failure instanceof BrokenPoolException)) {
                failure = failure.getCause();
            }
            assertThat(failure.getMessage()).contains("initializer", Mute.class.getName());
            assertThat(failure.getCause() instanceof Mute).isTrue();
        }
        try (OwnWorkers own = OwnWorkers.of(OwnWorkers.settings().initializer(new MuteInitializer()))) {
            Throwable failure = catchThrowableOfType(
                    ParallelException.class, () -> own.jobs(1).range(1, index -> index));
            while (!(failure instanceof BrokenPoolException)) {
                failure = failure.getCause();
            }
            assertThat(failure.getMessage()).contains("initializer could not be sent", Mute.class.getName());
        }
    }

    private static final class MuteInitializer implements WorkerInitializer {
        private static final long serialVersionUID = 1L;

        @Override
        public void initialize() {}

        private void writeObject(ObjectOutputStream out) {
            throw new Mute();
        }

        @Override
        public String toString() {
            throw new Mute();
        }
    }

    /** Has nothing in its place, on one of its ways. */
    private static class Vanishing extends Exception {
        private static final long serialVersionUID = 1L;

        Vanishing() {
            super("gone");
        }
    }

    private static final class VanishingToWrite extends Vanishing {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("NullAway") // that is the point
        private Object writeReplace() {
            return null;
        }
    }

    private static final class VanishingToRead extends Vanishing {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("NullAway") // as above
        private Object readResolve() {
            return null;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void anExceptionThatIsReplacedByNullIsToldInWords(int kind) {
        assertThatThrownBy(() -> workers.jobs(1).range(1, _ -> {
                    throw kind == 0 ? new VanishingToWrite() : new VanishingToRead();
                }))
                .cause()
                .isInstanceOf(RemoteException.class)
                .hasMessageContainingAll("gone", "replaced by null", "writeReplace", "readResolve");
    }
}
