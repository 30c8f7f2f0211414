package io.heddle.examples;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.blas.Matrix;
import io.heddle.openblas.OpenBlas;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Scene 2: one thread multiplies small matrices while another multiplies big ones. Multi-threaded calls of OpenBLAS queue
 * behind one lock, so that uncontrolled the small ones wait for the big ones. With one thread for each they do not; nor do they
 * with an instance for each worker, where the big ones keep their threads.
 */
final class LatencyScene {
    private static final int SMALL = 256;
    private static final int BIG = 3000;
    private static final int THREADS = 2;

    private final DemoSettings settings;
    private final PrintWriter out;
    private final Blas blas;
    private final boolean embedded;

    /** Instances there are of the embedded library only. */
    LatencyScene(DemoSettings settings, PrintWriter out, Blas blas, boolean embedded) {
        this.settings = settings;
        this.out = out;
        this.blas = blas;
        this.embedded = embedded;
    }

    /** Calls of one size within the window. */
    private record Calls(int count, double seconds, double longestSeconds) {}

    void play() throws Exception {
        double window = settings.window().toMillis() / 1e3;
        out.printf(
                Locale.ROOT,
                "%nScene 2. One thread multiplies %d x %d matrices, another %d x %d, for %.1f s a turn.%n",
                SMALL,
                SMALL,
                BIG,
                BIG,
                window);
        Matrix small = filled(SMALL);
        Matrix big = filled(BIG);
        List<List<Calls>> heddle = new ArrayList<>();
        List<List<Calls>> instances = new ArrayList<>();
        List<List<Calls>> plain = new ArrayList<>();
        List<Double> gains = new ArrayList<>();
        for (int turn = 0; turn < settings.turns(); turn++) {
            heddle.add(underHeddle(1, List.of(caller(() -> blas, small), caller(() -> blas, big))));
            if (embedded) {
                instances.add(underHeddle(THREADS, List.of(limitedTo1(small), caller(LatencyScene::ofWorker, big))));
            }
            plain.add(PlainThreads.run(THREADS, List.of(caller(() -> blas, small), caller(() -> blas, big))));
            gains.add(rate(heddle.getLast()) / rate(plain.getLast()));
        }
        Table table = new Table().row("", "small calls/s", "longest small call, ms", "a big call takes, s");
        addRow(table, "plain", plain);
        addRow(table, "Heddle, inner limit 1", heddle);
        if (embedded) {
            addRow(table, "Heddle, an instance per worker", instances);
        }
        out.printf("%n%s%n", table.show());
        out.printf(
                "  Small calls under Heddle: %s times as many.%n",
                Spread.of(gains).show("%.1f"));
        out.println(
                embedded
                        ? "  An instance per worker: the small calls use 1 thread of theirs, the big ones " + THREADS
                                + " of theirs."
                        : "  No row for an instance per worker: only the embedded library has them (without --library).");
    }

    /** The calling worker's own copy of the library, with threads and a lock of its own. */
    private static Blas ofWorker() {
        return new Blas(OpenBlas::ofWorker);
    }

    /** Of the call's inner limit the small calls take 1, on their own instance; the other worker's keeps all. */
    private Callable<Calls> limitedTo1(Matrix small) {
        return () -> {
            try (var _ = OpenBlas.ofWorker().limit(1)) {
                return caller(LatencyScene::ofWorker, small).call();
            }
        };
    }

    private List<Calls> underHeddle(int innerLimit, List<Callable<Calls>> callers) throws InterruptedException {
        Limits before = Limits.now();
        Semaphore idle = new Semaphore(THREADS);
        try (var _ = ParallelConfig.backend("threads")
                .jobs(THREADS)
                .innerMaxNumThreads(innerLimit)
                .open()) {
            return Parallel.create()
                    .call(callers.stream().map(caller -> counted(caller, idle)).toList());
        } finally {
            awaitIdle(idle);
            before.awaitRestored();
        }
    }

    /** A big product outlasts the time that a cancelled call waits for its tasks. */
    private static void awaitIdle(Semaphore idle) {
        idle.acquireUninterruptibly(THREADS);
    }

    private static Callable<Calls> counted(Callable<Calls> task, Semaphore idle) {
        return () -> {
            idle.acquire();
            try {
                return task.call();
            } finally {
                idle.release();
            }
        };
    }

    /** Squares the matrix until the window is over, and once at least. */
    private Callable<Calls> caller(Supplier<Blas> library, Matrix matrix) {
        return () -> {
            Blas blas = library.get();
            Matrix product = new Matrix();
            long start = System.nanoTime();
            long window = settings.window().toNanos();
            long end = start;
            long longest = 0;
            int count = 0;
            while (end - start < window && !Thread.currentThread().isInterrupted()) {
                blas.multiply(matrix, matrix, product);
                long now = System.nanoTime();
                longest = Math.max(longest, now - end);
                end = now;
                count++;
            }
            return new Calls(count, (end - start) / 1e9, longest / 1e9);
        };
    }

    private static Matrix filled(int n) {
        Matrix matrix = new Matrix().reshape(n, n);
        double[] row = new double[n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                row[j] = Math.sin(i + 0.1 * j);
            }
            matrix.writeRow(i, row, n);
        }
        return matrix;
    }

    private static void addRow(Table table, String name, List<List<Calls>> turns) {
        table.row(name, show(turns, LatencyScene::rate, "%.0f"), longest(turns), bigCall(turns));
    }

    private static double rate(List<Calls> turn) {
        return turn.getFirst().count() / turn.getFirst().seconds();
    }

    private static String longest(List<List<Calls>> turns) {
        return show(turns, turn -> 1e3 * turn.getFirst().longestSeconds(), "%.0f");
    }

    private static String bigCall(List<List<Calls>> turns) {
        return show(turns, turn -> turn.getLast().seconds() / turn.getLast().count(), "%.2f");
    }

    private static String show(List<List<Calls>> turns, ToDoubleFunction<List<Calls>> figure, String format) {
        return Spread.of(turns.stream().map(figure::applyAsDouble).toList()).show(format);
    }
}
