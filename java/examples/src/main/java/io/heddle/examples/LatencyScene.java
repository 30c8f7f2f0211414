package io.heddle.examples;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.blas.Matrix;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.function.ToDoubleFunction;

/**
 * Scene 2: one thread multiplies small matrices while another multiplies big ones. Multi-threaded calls of OpenBLAS queue
 * behind one lock, so that uncontrolled the small ones wait for the big ones.
 */
final class LatencyScene {
    private static final int SMALL = 256;
    private static final int BIG = 3000;
    private static final int THREADS = 2;

    private final DemoSettings settings;
    private final PrintWriter out;
    private final Blas blas;

    LatencyScene(DemoSettings settings, PrintWriter out, Blas blas) {
        this.settings = settings;
        this.out = out;
        this.blas = blas;
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
        List<List<Calls>> plain = new ArrayList<>();
        List<Double> gains = new ArrayList<>();
        for (int turn = 0; turn < settings.turns(); turn++) {
            heddle.add(underHeddle(small, big));
            plain.add(PlainThreads.run(THREADS, List.of(caller(small), caller(big))));
            gains.add(rate(heddle.getLast()) / rate(plain.getLast()));
        }
        out.printf(
                "%n%s%n",
                new Table()
                        .row("", "small calls/s", "longest small call, ms", "a big call takes, s")
                        .row("plain", show(plain, LatencyScene::rate, "%.0f"), longest(plain), bigCall(plain))
                        .row(
                                "Heddle, inner limit 1",
                                show(heddle, LatencyScene::rate, "%.0f"),
                                longest(heddle),
                                bigCall(heddle))
                        .show());
        out.printf(
                "  Small calls under Heddle: %s times as many.%n",
                Spread.of(gains).show("%.1f"));
    }

    private List<Calls> underHeddle(Matrix small, Matrix big) throws InterruptedException {
        Limits before = Limits.now();
        Semaphore idle = new Semaphore(THREADS);
        try (var _ = ParallelConfig.backend("threads")
                .jobs(THREADS)
                .innerMaxNumThreads(1)
                .open()) {
            return Parallel.create().call(List.of(counted(caller(small), idle), counted(caller(big), idle)));
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
    private Callable<Calls> caller(Matrix matrix) {
        return () -> {
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
