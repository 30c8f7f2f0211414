package io.heddle.openblas;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** {@code A B} where A(i,k) = i + 1 for all k and B(k,j) = j + 1 for all k: n (i + 1) (j + 1), exact in a double. */
public final class CheckedProduct {
    private static final int ROW_MAJOR = 101;
    private static final int NO_TRANSPOSE = 111;

    private final int n;
    private final MethodHandle dgemm;
    private final MemorySegment a;
    private final MemorySegment b;
    private final MemorySegment c;

    /** A product of order n by the given library. */
    public CheckedProduct(OpenBlas blas, int n) {
        this.n = n;
        dgemm = blas.downcall(
                "cblas_dgemm",
                FunctionDescriptor.ofVoid(
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_DOUBLE,
                        ADDRESS,
                        JAVA_INT,
                        ADDRESS,
                        JAVA_INT,
                        JAVA_DOUBLE,
                        ADDRESS,
                        JAVA_INT));
        Arena arena = Arena.ofAuto();
        a = arena.allocate(JAVA_DOUBLE, (long) n * n);
        b = arena.allocate(JAVA_DOUBLE, (long) n * n);
        c = arena.allocate(JAVA_DOUBLE, (long) n * n);
        for (int row = 0; row < n; row++) {
            for (int column = 0; column < n; column++) {
                a.setAtIndex(JAVA_DOUBLE, (long) row * n + column, row + 1);
                b.setAtIndex(JAVA_DOUBLE, (long) row * n + column, column + 1);
            }
        }
    }

    /** Computes it. */
    public void multiply() {
        try {
            dgemm.invokeExact(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, n, n, n, 1.0, a, n, b, n, 0.0, c, n);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Computes it into a cleared matrix; whether every entry is right. */
    public boolean multipliesRight() {
        c.fill((byte) 0);
        multiply();
        for (int row = 0; row < n; row++) {
            for (int column = 0; column < n; column++) {
                double expected = (double) n * (row + 1) * (column + 1);
                if (c.getAtIndex(JAVA_DOUBLE, (long) row * n + column) != expected) {
                    return false;
                }
            }
        }
        return true;
    }
}
