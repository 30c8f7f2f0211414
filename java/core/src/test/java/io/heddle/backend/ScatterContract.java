package io.heddle.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import java.io.Externalizable;
import java.io.IOException;
import java.io.ObjectInput;
import java.io.ObjectOutput;
import java.io.Serializable;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every backend must do with values that are scattered: part of {@link BackendContract}. */
@SuppressWarnings("ReferenceEquality") // which object it is, is what the tests are about
public abstract class ScatterContract {
    private static final Duration HANG = Duration.ofSeconds(40);

    /** The backend under test, ready to run. Asked for once or more in each test. */
    protected abstract Backend backend();

    private ParallelConfig config() {
        return ParallelConfig.backend(backend()).jobs(2);
    }

    private boolean copies() {
        return !backend().sharesMemory();
    }

    @Test
    void givesAllTasksOfAWorkerOneObjectForAllCallsOfAScopeAndSerialisesItOnce() {
        Table table = new Table();
        Table.WRITTEN.set(0);
        try (var _ = config().scatter(table).open()) {
            List<Visit> visits = Parallel.create().range(20, _ -> Visit.to(table));
            for (int call = 0; call < 2; call++) {
                visits = joined(visits, Parallel.create().range(20, _ -> Visit.to(table)));
            }
            assertThat(visits).extracting(Visit::sum).containsOnly(3.0);
            Map<String, Set<Integer>> copiesOfEachWorker = visits.stream()
                    .collect(Collectors.groupingBy(Visit::worker, Collectors.mapping(Visit::copy, Collectors.toSet())));
            assertThat(copiesOfEachWorker.values())
                    .allSatisfy(copies -> assertThat(copies).hasSize(1));
        }
        assertThat(Table.WRITTEN.get()).isEqualTo(copies() ? 1 : 0);
    }

    private static List<Visit> joined(List<Visit> some, List<Visit> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    @Test
    void knowsAScatteredValueByIdentityAndNotByEquality() {
        double[] x = {1, 2, 3};
        double[] equal = x.clone();
        Table table = new Table();
        Table equalTable = new Table();
        try (var _ = config().scatter(x, table).open()) {
            assertThat(Parallel.create().map(List.of(x, equal, x), input -> input == x))
                    .containsExactly(true, false, true);
            assertThat(Parallel.create().map(List.of(table, equalTable), input -> input == table))
                    .containsExactly(true, false);
            assertThat(Parallel.create().range(2, _ -> Arrays.equals(x, equal) && table.equals(equalTable)))
                    .containsOnly(true);
        }
    }

    @Test
    void findsAScatteredValueAtAnyDepth() {
        double[] x = {1, 2, 3};
        Holder holder = new Holder(x, List.of("y", x), new Object[] {null, x}, Map.of("x", x), new double[][] {x});
        List<String> immutable = List.of("a", "b");
        try (var _ = config().scatter(x).scatter(immutable).open()) {
            assertThat(Parallel.create().range(4, _ -> holder.isAll(x))).containsOnly(true);
            assertThat(Parallel.create().map(List.of(holder, holder), input -> input.isAll(x)))
                    .containsOnly(true);
            Object[] array = {immutable};
            assertThat(Parallel.create().range(2, _ -> array[0] == immutable)).containsOnly(true);
        }
    }

    @Test
    void givesBackTheCallersOwnObjectInResults() {
        double[] x = {1, 2, 3};
        Table table = new Table();
        try (var _ = config().scatter(x, table).open()) {
            assertThat(Parallel.create().range(4, _ -> x))
                    .allSatisfy(each -> assertThat(each).isSameAs(x));
            assertThat(Parallel.create().range(4, _ -> new Object[] {table, x}))
                    .allSatisfy(each -> assertThat(each).containsExactly(table, x))
                    .allSatisfy(each -> assertThat(each[0]).isSameAs(table));
        }
    }

    @Test
    void scattersForOneCall() {
        double[] x = {1, 2, 3};
        Parallel scattering =
                Parallel.builder().backend(backend()).jobs(2).scatter(x).build();
        for (int call = 0; call < 2; call++) {
            assertThat(scattering.map(List.of(x, x), input -> input == x)).containsOnly(true);
        }
    }

    @Test
    void freesAScatteredValueWhenTheScopeIsClosed() {
        Table table = new Table();
        try (var _ = config().scatter(table).open()) {
            assertThat(Parallel.create().range(8, _ -> table.watch())).containsOnly(3.0);
        }
        awaitFreed();
    }

    @Test
    void freesAScatteredValueWhenItsCallIsOver() {
        Table table = new Table();
        Parallel scattering =
                Parallel.builder().backend(backend()).jobs(2).scatter(table).build();
        assertThat(scattering.range(8, _ -> table.watch())).containsOnly(3.0);
        awaitFreed();
    }

    private void awaitFreed() {
        if (copies()) {
            Parallel plain = Parallel.builder().backend(backend()).jobs(2).build();
            await().atMost(HANG)
                    .until(() ->
                            plain.range(8, _ -> Table.watchedIsGone()).stream().allMatch(gone -> gone));
        }
    }

    @Test
    void scattersOnlyOnceWhatIsScatteredFurtherOut() {
        Table table = new Table();
        Table.WRITTEN.set(0);
        try (var _ = config().scatter(table).open()) {
            assertThat(Parallel.create().range(4, _ -> table.sum())).containsOnly(3.0);
            try (var _ = config().scatter(table, new double[9]).open()) {
                assertThat(Parallel.builder().scatter(table, table).build().range(4, _ -> table.sum()))
                        .containsOnly(3.0);
            }
            assertThat(Parallel.create().range(4, _ -> table.sum())).containsOnly(3.0);
        }
        assertThat(Table.WRITTEN.get()).isEqualTo(copies() ? 1 : 0);
    }

    @Test
    void takesScatteredValuesToOtherThreadsByCaptureUntilTheScopeIsClosed() throws Exception {
        double[] x = {1, 2, 3};
        try (var threads = Executors.newSingleThreadExecutor()) {
            Callable<List<Boolean>> call;
            try (var _ = config().scatter(x).open()) {
                call = ParallelConfig.capture().wrap((Callable<List<Boolean>>)
                        () -> Parallel.create().map(List.of(x, x), input -> Arrays.equals(input, x)));
                assertThat(threads.submit(call).get(HANG.toSeconds(), TimeUnit.SECONDS))
                        .containsOnly(true);
                assertThat(threads.submit(ParallelConfig.capture().wrap((Callable<List<Boolean>>)
                                        () -> Parallel.create().map(List.of(x, x), input -> input == x)))
                                .get(HANG.toSeconds(), TimeUnit.SECONDS))
                        .containsOnly(true);
            }
            assertThat(threads.submit(call).get(HANG.toSeconds(), TimeUnit.SECONDS))
                    .as("sent with the tasks")
                    .containsOnly(true);
        }
    }

    @Test
    void sharesAScatteredValueWithTheCallsThatTasksMake() {
        double[] x = {1, 2, 3};
        try (var _ = config().scatter(x).open()) {
            assertThat(Parallel.create().range(4, _ -> Parallel.jobs(2).map(List.of(x, x), input -> input == x)))
                    .containsOnly(List.of(true, true));
        }
    }

    @Test
    @SuppressWarnings("NullAway") // what it is about
    void refusesToScatterNull() {
        assertThatThrownBy(() -> config().scatter(null)).isInstanceOf(NullPointerException.class);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Holder(double[] field, List<Object> list, Object[] array, Map<String, double[]> map, double[][] rows)
            implements Serializable {
        boolean isAll(double[] x) {
            return field == x && list.get(1) == x && array[1] == x && map.get("x") == x && rows[0] == x;
        }
    }

    /** A worker is a thread of a process: several may be in one process. */
    private record Visit(double sum, String worker, int copy) implements Serializable {
        static Visit to(Table table) {
            String worker =
                    ProcessHandle.current().pid() + "/" + Thread.currentThread().threadId();
            return new Visit(table.sum(), worker, table.copy);
        }
    }

    /** Counts how often it is written, and numbers the copies that are read in a process. */
    public static final class Table implements Externalizable {
        private static final long serialVersionUID = 1L;
        static final AtomicInteger WRITTEN = new AtomicInteger();
        private static final AtomicInteger READ = new AtomicInteger();
        private static @Nullable WeakReference<Table> watched; // guarded by the class

        private int copy; // 0 for the caller's own
        private double[] cells = {1, 2};

        /** The caller's own, or one to be read. */
        public Table() {}

        double sum() {
            return cells[0] + cells[1];
        }

        double watch() {
            synchronized (Table.class) {
                watched = new WeakReference<>(this);
                return sum();
            }
        }

        static boolean watchedIsGone() {
            System.gc();
            synchronized (Table.class) {
                return watched == null || watched.get() == null;
            }
        }

        @Override
        public void writeExternal(ObjectOutput out) throws IOException {
            WRITTEN.incrementAndGet();
            out.writeDouble(cells[0]);
            out.writeDouble(cells[1]);
        }

        @Override
        public void readExternal(ObjectInput in) throws IOException {
            copy = READ.incrementAndGet();
            cells = new double[] {in.readDouble(), in.readDouble()};
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Table table && Arrays.equals(table.cells, cells);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(cells);
        }
    }
}
