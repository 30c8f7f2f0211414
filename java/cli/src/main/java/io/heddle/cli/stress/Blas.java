package io.heddle.cli.stress;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.heddle.cli.library.RuntimeFamily;
import io.heddle.ffi.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.Collections;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The two routines that the stress calls, by whatever names a library has them. Matrices are column-major. Thread-safe, but for
 * {@link Arguments}.
 *
 * <p>A Fortran integer is written as 64 bits: a build with 32-bit integers reads the lower half, as both architectures that OpenBLAS
 * binaries are had for, x86-64 and AArch64, are little-endian.
 */
final class Blas {
    private static final int COLUMN_MAJOR = 102;
    private static final int NO_TRANSPOSE = 111;
    private static final long ONE_CHARACTER = 1;

    private final MethodHandle dgemm;
    private final boolean fortran;
    private final Optional<MethodHandle> dgesv;
    private final boolean wide;

    private Blas(MethodHandle dgemm, boolean fortran, Optional<MethodHandle> dgesv, boolean wide) {
        this.dgemm = dgemm;
        this.fortran = fortran;
        this.dgesv = dgesv;
        this.wide = wide;
    }

    /**
     * Binds the routines.
     *
     * @throws NoSuchElementException if the library has no dgemm under any name
     */
    static Blas of(NativeLibrary library) {
        Optional<String> cblas = first(library, "cblas_dgemm");
        String name = cblas.or(() -> first(library, "dgemm_"))
                .orElseThrow(() -> new NoSuchElementException(library.path()
                        + " exports neither cblas_dgemm nor dgemm_, with any known prefix or suffix: it is no BLAS"));
        Optional<MethodHandle> dgesv = first(library, "dgesv_").map(symbol -> library.downcall(symbol, pointers(8)));
        boolean wide = name.contains("64");
        MethodHandle dgemm = cblas.isPresent()
                ? library.downcall(name, cblasDgemm(wide ? JAVA_LONG : JAVA_INT))
                        .asType(narrowType())
                : library.downcall(name, fortranDgemm());
        return new Blas(dgemm, cblas.isEmpty(), dgesv, wide);
    }

    private static Optional<String> first(NativeLibrary library, String function) {
        return RuntimeFamily.affixed(function).stream()
                .filter(symbol -> library.find(symbol).isPresent())
                .findFirst();
    }

    // void cblas_dgemm(int order, int transA, int transB, blasint m, n, k, double alpha, const double *a, blasint lda,
    //                  const double *b, blasint ldb, double beta, double *c, blasint ldc)
    private static FunctionDescriptor cblasDgemm(MemoryLayout integer) {
        return FunctionDescriptor.ofVoid(
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                integer,
                integer,
                integer,
                JAVA_DOUBLE,
                ADDRESS,
                integer,
                ADDRESS,
                integer,
                JAVA_DOUBLE,
                ADDRESS,
                integer);
    }

    private static MethodType narrowType() {
        return cblasDgemm(JAVA_INT).toMethodType();
    }

    // void dgemm_(char *transA, char *transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, size_t, size_t), all
    // pointers
    private static FunctionDescriptor fortranDgemm() {
        return pointers(13).appendArgumentLayouts(JAVA_LONG, JAVA_LONG);
    }

    private static FunctionDescriptor pointers(int count) {
        List<MemoryLayout> layouts = Collections.nCopies(count, ADDRESS);
        return FunctionDescriptor.ofVoid(layouts.toArray(MemoryLayout[]::new));
    }

    boolean hasLapack() {
        return dgesv.isPresent();
    }

    /** Memory for the arguments that go by address; for one thread. */
    final class Arguments {
        private final MemorySegment m;
        private final MemorySegment n;
        private final MemorySegment k;
        private final MemorySegment one;
        private final MemorySegment zero;
        private final MemorySegment none;
        private final MemorySegment info;
        private final MemorySegment integerOne;

        Arguments(Arena arena) {
            m = arena.allocate(JAVA_LONG);
            n = arena.allocate(JAVA_LONG);
            k = arena.allocate(JAVA_LONG);
            one = arena.allocateFrom(JAVA_DOUBLE, 1);
            zero = arena.allocateFrom(JAVA_DOUBLE, 0);
            none = arena.allocateFrom("N");
            info = arena.allocate(JAVA_LONG);
            integerOne = arena.allocateFrom(JAVA_LONG, 1);
        }

        /** c = a b: a has m rows and k columns, b k rows and n columns. */
        void multiply(int rows, int columns, int inner, MemorySegment a, MemorySegment b, MemorySegment c) {
            try {
                if (fortran) {
                    m.set(JAVA_LONG, 0, rows);
                    n.set(JAVA_LONG, 0, columns);
                    k.set(JAVA_LONG, 0, inner);
                    dgemm.invokeExact(none, none, m, n, k, one, a, m, b, k, zero, c, m, ONE_CHARACTER, ONE_CHARACTER);
                } else {
                    dgemm.invokeExact(
                            COLUMN_MAJOR,
                            NO_TRANSPOSE,
                            NO_TRANSPOSE,
                            rows,
                            columns,
                            inner,
                            1.0,
                            a,
                            rows,
                            b,
                            inner,
                            0.0,
                            c,
                            rows);
                }
            } catch (Throwable e) {
                throw new AssertionError("a downcall throws nothing", e);
            }
        }

        /**
         * Solves a x = b in place of b; a and pivots are overwritten.
         *
         * @return LAPACK's info: 0 for success
         */
        long solve(int order, MemorySegment a, MemorySegment pivots, MemorySegment b) {
            n.set(JAVA_LONG, 0, order);
            info.set(JAVA_LONG, 0, 0);
            try {
                dgesv.orElseThrow().invokeExact(n, integerOne, a, n, pivots, b, n, info);
            } catch (Throwable e) {
                throw new AssertionError("a downcall throws nothing", e);
            }
            return wide ? info.get(JAVA_LONG, 0) : info.get(JAVA_INT, 0);
        }
    }
}
