package io.heddle.benchmarks;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.heddle.examples.blas.Blas;
import io.heddle.examples.blas.Matrix;
import io.heddle.openblas.OpenBlas;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** One call of a BLAS or LAPACK routine on matrices of a fixed size, as a task. Thread-safe: each call borrows memory of its own. */
final class BlasWork {
    /** Routine and size. */
    enum Kind {
        DGEMM256(256),
        DGEMM1024(1024),
        DGESV500(500),
        DSYEV200(200),
        DGEMM3000(3000);

        private final int n;

        Kind(int n) {
            this.n = n;
        }

        String rowName() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** What one call counts for: 2 n³ and 2/3 n³; for dsyev with eigenvectors 9 n³ (Golub and Van Loan, symmetric QR). */
        double floatingPointOperations() {
            double cube = (double) n * n * n;
            return switch (this) {
                case DGEMM256, DGEMM1024, DGEMM3000 -> 2 * cube;
                case DGESV500 -> 2 * cube / 3;
                case DSYEV200 -> 9 * cube;
            };
        }
    }

    private final Kind kind;
    private final Blas blas;
    private final MethodHandle dgesv;
    private final double[][] input;
    private final Matrix factor;
    private final Queue<Runnable> idle = new ConcurrentLinkedQueue<>();

    BlasWork(Kind kind, OpenBlas library) {
        this.kind = kind;
        blas = new Blas(() -> library);
        // void dgesv_(int *n, int *nrhs, double *a, int *lda, int *ipiv, double *b, int *ldb, int *info)
        dgesv = library.downcall(
                "dgesv_",
                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        input = symmetric(kind.n);
        factor = new Matrix().reshape(kind.n, kind.n);
        write(input, factor);
    }

    /** Makes one call. */
    void run() {
        Runnable call = idle.poll();
        if (call == null) {
            call = newCall();
        }
        call.run();
        idle.add(call);
    }

    private Runnable newCall() {
        return switch (kind) {
            case DGEMM256, DGEMM1024, DGEMM3000 -> {
                Matrix product = new Matrix();
                yield () -> blas.multiply(factor, factor, product);
            }
            case DGESV500 -> new Solve();
            case DSYEV200 -> {
                Matrix a = new Matrix().reshape(kind.n, kind.n);
                Matrix values = new Matrix();
                Matrix work = new Matrix();
                yield () -> {
                    write(input, a);
                    blas.eigen(a, values, work);
                };
            }
        };
    }

    private final class Solve implements Runnable {
        private final Arena arena = Arena.ofAuto();
        private final MemorySegment a = arena.allocate(JAVA_DOUBLE, (long) kind.n * kind.n);
        private final MemorySegment b = arena.allocate(JAVA_DOUBLE, kind.n);
        private final MemorySegment pivots = arena.allocate(JAVA_INT, kind.n);
        private final MemorySegment n = arena.allocateFrom(JAVA_INT, kind.n);
        private final MemorySegment one = arena.allocateFrom(JAVA_INT, 1);
        private final MemorySegment info = arena.allocate(JAVA_INT);

        @Override
        public void run() {
            for (int row = 0; row < kind.n; row++) {
                MemorySegment.copy(input[row], 0, a, JAVA_DOUBLE, (long) row * kind.n * Double.BYTES, kind.n);
            }
            b.fill((byte) 0);
            try {
                dgesv.invokeExact(n, one, a, n, pivots, b, n, info);
            } catch (Throwable e) {
                throw new AssertionError(e); // a downcall throws nothing
            }
            if (info.get(JAVA_INT, 0) != 0) {
                throw new IllegalStateException("dgesv(n = " + kind.n + ") gave info " + info.get(JAVA_INT, 0));
            }
        }
    }

    private static void write(double[][] from, Matrix into) {
        for (int row = 0; row < from.length; row++) {
            into.writeRow(row, from[row], from.length);
        }
    }

    /** Its diagonal dominates, so that every routine takes it. */
    private static double[][] symmetric(int n) {
        double[][] rows = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                rows[i][j] = i == j ? n : Math.sin(i + j + 0.1 * i * j);
            }
        }
        return rows;
    }
}
