package io.heddle.examples.blas;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.heddle.openblas.OpenBlas;
import java.io.Serializable;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The five routines that the demo needs. Matrices are row-major, LAPACK counts by columns: the lower triangle here is its upper
 * one, and its columns are the rows here.
 *
 * <p>Thread-safe. The LAPACK routines want a stack of 16 MB. Serialised is only where the library comes from: wherever it arrives, it is
 * opened there.
 */
public final class Blas implements Serializable {
    private static final long serialVersionUID = 1;
    private static final int ROW_MAJOR = 101;
    private static final int NO_TRANSPOSE = 111;
    private static final int TRANSPOSE = 112;
    private static final int LOWER = 122;

    /** gfortran passes the length of each character argument behind all others, by value. */
    private static final long ONE_CHARACTER = 1;

    private final Source source;
    private final transient OpenBlas library;
    private final transient MethodHandle dgemm;
    private final transient MethodHandle dsyrk;
    private final transient MethodHandle dpotrf;
    private final transient MethodHandle dpotrs;
    private final transient MethodHandle dsyev;

    /** Opens the library: the same one each time that it is asked in a process. */
    @FunctionalInterface
    public interface Source extends Serializable {
        OpenBlas open();
    }

    /** Opens the library and binds the routines; fails with the name of the first one that it lacks. */
    public Blas(Source source) {
        this.source = source;
        library = source.open();
        // void cblas_dgemm(int order, int transA, int transB, int m, int n, int k, double alpha, const double *a, int
        // lda,
        //                  const double *b, int ldb, double beta, double *c, int ldc)
        dgemm = library.downcall(
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
        // void cblas_dsyrk(int order, int uplo, int trans, int n, int k, double alpha, const double *a, int lda, double
        // beta,
        //                  double *c, int ldc)
        dsyrk = library.downcall(
                "cblas_dsyrk",
                FunctionDescriptor.ofVoid(
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_DOUBLE,
                        ADDRESS,
                        JAVA_INT,
                        JAVA_DOUBLE,
                        ADDRESS,
                        JAVA_INT));
        // void dpotrf_(char *uplo, int *n, double *a, int *lda, int *info, size_t)
        dpotrf = library.downcall(
                "dpotrf_", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
        // void dpotrs_(char *uplo, int *n, int *nrhs, double *a, int *lda, double *b, int *ldb, int *info, size_t)
        dpotrs = library.downcall(
                "dpotrs_",
                FunctionDescriptor.ofVoid(
                        ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
        // void dsyev_(char *jobz, char *uplo, int *n, double *a, int *lda, double *w, double *work, int *lwork, int
        // *info,
        //             size_t, size_t)
        dsyev = library.downcall(
                "dsyev_",
                FunctionDescriptor.ofVoid(
                        ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG,
                        JAVA_LONG));
    }

    private Object readResolve() {
        return new Blas(source);
    }

    /** The library that computes. */
    public OpenBlas library() {
        return library;
    }

    /** {@code c = a · b}. */
    public void multiply(Matrix a, Matrix b, Matrix c) {
        requireEqual("rows of b", b.rows(), "columns of a", a.columns());
        dgemm(a, NO_TRANSPOSE, b, NO_TRANSPOSE, a.columns(), c.reshape(a.rows(), b.columns()));
    }

    /** {@code c = a · bᵀ}. */
    public void multiplyByTransposed(Matrix a, Matrix b, Matrix c) {
        requireEqual("columns of b", b.columns(), "columns of a", a.columns());
        dgemm(a, NO_TRANSPOSE, b, TRANSPOSE, a.columns(), c.reshape(a.rows(), b.rows()));
    }

    /** {@code c = aᵀ · b}. */
    public void multiplyTransposed(Matrix a, Matrix b, Matrix c) {
        requireEqual("rows of b", b.rows(), "rows of a", a.rows());
        dgemm(a, TRANSPOSE, b, NO_TRANSPOSE, a.rows(), c.reshape(a.columns(), b.columns()));
    }

    /** The lower triangle of {@code c = a · aᵀ}; the rest of c is undefined. */
    public void gramOfRows(Matrix a, Matrix c) {
        dsyrk(a, NO_TRANSPOSE, a.columns(), c.reshape(a.rows(), a.rows()));
    }

    /** The lower triangle of {@code c = aᵀ · a}; the rest of c is undefined. */
    public void gramOfColumns(Matrix a, Matrix c) {
        dsyrk(a, TRANSPOSE, a.rows(), c.reshape(a.columns(), a.columns()));
    }

    /**
     * Cholesky factorisation in place. Reads and writes the lower triangle.
     *
     * @throws LapackException if the matrix is not positive definite
     */
    public void factorCholesky(Matrix a) {
        requireEqual("rows of a", a.rows(), "columns of a", a.columns());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment n = integer(arena, a.rows());
            MemorySegment info = integer(arena, 0);
            dpotrf.invokeExact(character(arena, 'U'), n, a.memory(), n, info, ONE_CHARACTER);
            int code = info.get(JAVA_INT, 0);
            if (code > 0) {
                throw new LapackException("dpotrf(n = " + a.rows() + "): the leading minor of order " + code
                        + " is not positive definite. Raise the regularisation.");
            }
            requireNoBadArgument("dpotrf", code);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Solves {@code a · x = b} for each row b of {@code rightSides}, in place, by the factor of {@link #factorCholesky}. */
    public void solveCholesky(Matrix factor, Matrix rightSides) {
        requireEqual("columns of the right sides", rightSides.columns(), "rows of the factor", factor.rows());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment n = integer(arena, factor.rows());
            MemorySegment info = integer(arena, 0);
            dpotrs.invokeExact(
                    character(arena, 'U'),
                    n,
                    integer(arena, rightSides.rows()),
                    factor.memory(),
                    n,
                    rightSides.memory(),
                    n,
                    info,
                    ONE_CHARACTER);
            requireNoBadArgument("dpotrs", info.get(JAVA_INT, 0));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /**
     * Eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read.
     *
     * @param a the matrix; holds the eigenvectors afterwards, one in each row
     * @param values takes the eigenvalues, in ascending order, as its only row
     * @param work scratch memory
     * @throws LapackException if the iteration does not converge
     */
    public void eigen(Matrix a, Matrix values, Matrix work) {
        requireEqual("rows of a", a.rows(), "columns of a", a.columns());
        values.reshape(1, a.rows());
        dsyev(a, values, work.reshape(1, 1), -1);
        int best = (int) work.get(0, 0);
        dsyev(a, values, work.reshape(1, best), best);
    }

    private void dsyev(Matrix a, Matrix values, Matrix work, int workSize) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment n = integer(arena, a.rows());
            MemorySegment info = integer(arena, 0);
            dsyev.invokeExact(
                    character(arena, 'V'),
                    character(arena, 'U'),
                    n,
                    a.memory(),
                    n,
                    values.memory(),
                    work.memory(),
                    integer(arena, workSize),
                    info,
                    ONE_CHARACTER,
                    ONE_CHARACTER);
            int code = info.get(JAVA_INT, 0);
            if (code > 0) {
                throw new LapackException("dsyev(n = " + a.rows() + ") did not converge: " + code
                        + " off-diagonal elements are left. Does the matrix hold NaN or infinity?");
            }
            requireNoBadArgument("dsyev", code);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private void dgemm(Matrix a, int transposeA, Matrix b, int transposeB, int inner, Matrix c) {
        try {
            dgemm.invokeExact(
                    ROW_MAJOR,
                    transposeA,
                    transposeB,
                    c.rows(),
                    c.columns(),
                    inner,
                    1.0,
                    a.memory(),
                    a.columns(),
                    b.memory(),
                    b.columns(),
                    0.0,
                    c.memory(),
                    c.columns());
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private void dsyrk(Matrix a, int transpose, int inner, Matrix c) {
        try {
            dsyrk.invokeExact(
                    ROW_MAJOR,
                    LOWER,
                    transpose,
                    c.rows(),
                    inner,
                    1.0,
                    a.memory(),
                    a.columns(),
                    0.0,
                    c.memory(),
                    c.columns());
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private static MemorySegment integer(Arena arena, int value) {
        return arena.allocateFrom(JAVA_INT, value);
    }

    private static MemorySegment character(Arena arena, char value) {
        return arena.allocateFrom(JAVA_BYTE, (byte) value);
    }

    private static void requireEqual(String what, int given, String other, int expected) {
        if (given != expected) {
            throw new IllegalArgumentException(what + " must equal " + other + ": " + given + " is not " + expected);
        }
    }

    private static void requireNoBadArgument(String routine, int code) {
        if (code != 0) {
            throw new AssertionError(routine + " calls its argument " + -code + " illegal");
        }
    }

    /** A method handle declares Throwable; a downcall throws nothing checked. */
    private static RuntimeException rethrown(Throwable e) {
        if (e instanceof RuntimeException unchecked) {
            return unchecked;
        }
        if (e instanceof Error error) {
            throw error;
        }
        throw new AssertionError(e);
    }
}
