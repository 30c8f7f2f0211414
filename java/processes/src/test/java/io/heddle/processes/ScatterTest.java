package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.TaskFailedException;
import io.heddle.processes.failure.TaskTransferException;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Scattered values in worker processes: deaths, limits, memory, and what cannot be sent. The rest is in the contract of every backend. */
@Timeout(180)
@SuppressWarnings("ReferenceEquality") // which object it is, is what the tests are about
final class ScatterTest {
    private static final Duration HANG = Duration.ofSeconds(60);
    private static final int MEGA = 1 << 20;

    private static ParallelConfig config(OwnWorkers workers, int jobs) {
        return ParallelConfig.backend(workers.backend()).jobs(jobs);
    }

    // workers that die

    @Test
    void aWorkerInThePlaceOfADeadOneGetsTheValueAgainFromTheSameBytes(@TempDir Path folder) {
        String mark = folder.resolve("died").toString();
        Counted value = new Counted(7);
        Counted.WRITTEN.set(0);
        try (OwnWorkers workers = OwnWorkers.create();
                var _ = config(workers, 1).retries(2).scatter(value).open()) {
            assertThat(Parallel.create().range(30, index -> {
                        if (index == 20 && dieOnce(mark)) {
                            Runtime.getRuntime().halt(4);
                        }
                        return value.number;
                    }))
                    .hasSize(30)
                    .containsOnly(7);
            assertThat(Files.exists(Path.of(mark))).isTrue();
            assertThat(Parallel.create().range(3, _ -> value.number)).containsOnly(7);
        }
        assertThat(Counted.WRITTEN.get()).isOne();
    }

    private static boolean dieOnce(String mark) throws IOException {
        if (Files.exists(Path.of(mark))) {
            return false;
        }
        Files.createFile(Path.of(mark));
        return true;
    }

    @Test
    void aWorkerInThePlaceOfOneThatWasOverItsTimeGetsTheValueAgain() {
        double[] x = {1, 2, 3};
        try (OwnWorkers workers = OwnWorkers.create();
                var _ = config(workers, 1)
                        .timeLimit(Duration.ofSeconds(3))
                        .scatter(x)
                        .open()) {
            List<Outcome<Double>> outcomes = Parallel.create().outcomes(List.of(0, 1, 2), input -> {
                while (input == 1) {
                    Thread.onSpinWait();
                }
                return x[input];
            });
            assertThat(outcomes).extracting(Outcome::isSuccess).containsExactly(true, false, true);
            assertThat(outcomes.get(2).get()).isEqualTo(3);
            assertThatThrownBy(() -> outcomes.get(1).get()).hasRootCauseInstanceOf(TimeoutException.class);
        }
    }

    @Test
    void freshWorkersGetTheValueFromTheSameBytes() {
        Counted value = new Counted(8);
        Counted.WRITTEN.set(0);
        try (ProcessesBackend fresh = OwnWorkers.settings().fresh().build();
                var _ = ParallelConfig.backend(fresh).jobs(2).scatter(value).open()) {
            for (int call = 0; call < 2; call++) {
                assertThat(Parallel.create().range(4, _ -> value.number)).containsOnly(8);
            }
        }
        assertThat(Counted.WRITTEN.get()).isOne();
    }

    // what cannot be sent or read

    @Test
    void aValueThatCannotBeSerialisedFailsTheTasksThatReferToItAndSaysTheWay() {
        Model bad = new Model("m", new Part(new Object()));
        try (OwnWorkers workers = OwnWorkers.create();
                var _ = config(workers, 2).scatter(bad).open()) {
            assertThatThrownBy(() -> Parallel.create().range(4, _ -> bad.name()))
                    .isInstanceOf(TaskFailedException.class)
                    .cause()
                    .isInstanceOf(TaskTransferException.class)
                    .hasMessageContaining("scattered value")
                    .hasMessageContaining("the field Part.what of the field Model.part")
                    .hasMessageContaining("java.lang.Object");
            List<Outcome<Boolean>> outcomes =
                    Parallel.create().outcomes(Arrays.asList("a", bad, "c"), input -> input instanceof String);
            assertThat(outcomes).extracting(Outcome::isSuccess).containsExactly(true, false, true);
        }
    }

    @Test
    void aValueAboveTheBoundOnFramesFailsTheTasksThatReferToItAndSaysSo() {
        double[] large = new double[MEGA / Double.BYTES];
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().maxFrameBytes(MEGA));
                var _ = config(workers, 2).scatter(large).open()) {
            assertThatThrownBy(() -> Parallel.create().range(4, _ -> large.length))
                    .isInstanceOf(TaskFailedException.class)
                    .cause()
                    .isInstanceOf(TaskTransferException.class)
                    .hasMessageContaining("scattered value")
                    .hasMessageContaining("maxFrameBytes");
            assertThat(Parallel.create().range(4, index -> index)).containsExactly(0, 1, 2, 3);
        }
    }

    @Test
    void aValueThatCannotBeReadFailsTheTasksThatReferToItWithTheReason() {
        Unreadable value = new Unreadable();
        try (OwnWorkers workers = OwnWorkers.create();
                var _ = config(workers, 1).scatter(value).open()) {
            for (int call = 0; call < 2; call++) {
                assertThatThrownBy(() -> Parallel.create().range(4, _ -> value.hashCode()))
                        .isInstanceOf(TaskFailedException.class)
                        .cause()
                        .isInstanceOf(TaskTransferException.class)
                        .hasMessageContaining("scattered value")
                        .hasStackTraceContaining("not on a Sunday");
            }
            assertThat(Parallel.create().range(2, index -> index)).containsExactly(0, 1);
            assertThat(workers.living()).hasSize(1);
        }
    }

    @Test
    void theSerialFilterHoldsForTheValueAndNotForTheReferenceToIt() {
        String allowed = "java.base/*;io.heddle.*;" + ScatterTest.class.getName() + ";" + ScatterTest.class.getName()
                + "$$Lambda*;" + Model.class.getName() + ";!*";
        Model model = new Model("m", null);
        Counted forbidden = new Counted(9);
        double[] x = new double[MEGA];
        Model holder = new Model("x", x);
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().serialFilter(allowed));
                var _ = config(workers, 1).scatter(model, forbidden, x).open()) {
            assertThat(Parallel.create().range(2, _ -> model.name())).containsOnly("m");
            assertThat(Parallel.create().range(2, _ -> holder.part() == x)).containsOnly(true);
            assertThatThrownBy(() -> Parallel.create().range(2, _ -> forbidden.number))
                    .isInstanceOf(TaskFailedException.class)
                    .hasStackTraceContaining(Counted.class.getName())
                    .hasStackTraceContaining("scattered value");
        }
    }

    // memory

    @Test
    void aWorkersHeapHoldsOnlyTheValuesOfOpenScopes() {
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().maxHeapBytes(64L * MEGA))) {
            for (int scope = 0; scope < 16; scope++) {
                double[] x = new double[MEGA];
                x[scope] = 1;
                int here = scope;
                try (var _ = config(workers, 1).scatter(x).open()) {
                    assertThat(Parallel.create().range(2, _ -> x[here])).containsOnly(1.0);
                }
            }
            assertThat(workers.living()).as("one worker all the time").hasSize(1);
        }
    }

    @Test
    void theCallerHoldsNoValueWhoseScopeIsClosed() {
        try (OwnWorkers workers = OwnWorkers.create()) {
            WeakReference<double[]> gone = scattered(workers);
            await().atMost(HANG).until(() -> {
                System.gc();
                return gone.get() == null;
            });
        }
    }

    private static WeakReference<double[]> scattered(OwnWorkers workers) {
        double[] x = new double[MEGA];
        try (var _ = config(workers, 1).scatter(x).open()) {
            assertThat(Parallel.create().range(2, _ -> x.length)).containsOnly(MEGA);
        }
        return new WeakReference<>(x);
    }

    @Test
    void aScatteredValueIsNoGrowthOfAWorker() {
        byte[] large = new byte[40 * MEGA];
        try (OwnWorkers workers = OwnWorkers.of(OwnWorkers.settings().memoryGrowthBytes(20L * MEGA))) {
            assertThat(workers.jobs(1).range(2, index -> index)).hasSize(2);
            List<Long> before = List.copyOf(workers.living());
            try (var _ = config(workers, 1).scatter(large).open()) {
                assertThat(Parallel.builder().batchSize(1).build().range(12, _ -> {
                            OwnWorkers.pause(200); // so that its memory is looked at, once a second
                            return large.length > 0 ? OwnWorkers.pid() : 0;
                        }))
                        .containsOnly(before.getFirst());
            }
        }
    }

    // who uses it at the same time

    @Test
    void scopesOfManyThreadsKeepTheirValuesApartInTheSameWorkers() throws Exception {
        try (OwnWorkers workers = OwnWorkers.create();
                var threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                int mine = thread;
                all.add(threads.submit(() -> {
                    for (int scope = 0; scope < 15; scope++) {
                        double[] x = {mine, scope};
                        try (var _ = config(workers, 2).scatter(x).open()) {
                            for (int call = 0; call < 2; call++) {
                                assertThat(Parallel.create()
                                                .map(List.of(x, x, x), input -> input == x ? x[0] + x[1] : -1))
                                        .containsOnly((double) mine + scope);
                            }
                        }
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get(HANG.toSeconds(), TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void anInterruptedCallerMayCloseTheScope() {
        double[] x = {1, 2, 3};
        try (OwnWorkers workers = OwnWorkers.create()) {
            List<Long> before;
            try (var _ = config(workers, 1).scatter(x).open()) {
                assertThat(Parallel.create().range(2, _ -> x[2])).containsOnly(3.0);
                before = List.copyOf(workers.living());
                Thread.currentThread().interrupt();
            }
            assertThat(Thread.interrupted()).isTrue();
            assertThat(workers.jobs(1).range(2, _ -> OwnWorkers.pid())).containsOnly(before.getFirst());
        }
    }

    @Test
    void aFailureMayCarryTheValue() {
        double[] x = {1, 2, 3};
        try (OwnWorkers workers = OwnWorkers.create();
                var _ = config(workers, 1).scatter(x).open()) {
            assertThatThrownBy(() -> Parallel.create().range(1, _ -> {
                        throw new Carrying(x);
                    }))
                    .cause()
                    .isInstanceOfSatisfying(
                            Carrying.class, failure -> assertThat(failure.what).isSameAs(x));
        }
    }

    private record Model(String name, Object part) implements Serializable {}

    private record Part(Object what) implements Serializable {}

    private static final class Carrying extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final double[] what;

        Carrying(double[] what) {
            this.what = what;
        }
    }

    private static final class Counted implements Serializable {
        private static final long serialVersionUID = 1L;
        static final AtomicInteger WRITTEN = new AtomicInteger();
        final int number;

        Counted(int number) {
            this.number = number;
        }

        private void writeObject(ObjectOutputStream out) throws IOException {
            WRITTEN.incrementAndGet();
            out.defaultWriteObject();
        }
    }

    private static final class Unreadable implements Serializable {
        private static final long serialVersionUID = 1L;

        private void readObject(ObjectInputStream in) throws IOException {
            throw new InvalidObjectException("not on a Sunday");
        }
    }
}
