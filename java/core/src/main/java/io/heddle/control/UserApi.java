package io.heddle.control;

/** The programming interface that a user calls, behind which a library starts threads. */
public enum UserApi {
    /** Linear algebra: OpenBLAS, and the other BLAS libraries. */
    BLAS,
    /** Parallel regions of compiled code: libgomp, libomp, libiomp5. */
    OPENMP
}
