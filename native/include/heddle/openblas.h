/* SPDX-License-Identifier: Apache-2.0
 *
 * Function-pointer types of OpenBLAS' thread control and self description.
 *
 * A library exports each function under the plain name, or with the prefix "scipy_", or with the suffix "64_" or "_64"
 * (64-bit integer builds), or both; the signature is the same under every name: the thread counts stay `int` in 64-bit
 * integer builds too. Whom a setter affects depends on the build, not on its name.
 *
 * Source of the signatures: OpenBLAS, cblas.h.
 */
#ifndef HEDDLE_OPENBLAS_H
#define HEDDLE_OPENBLAS_H

typedef int (*openblas_get_num_threads_fn)(void);
typedef void (*openblas_set_num_threads_fn)(int num_threads);
/* Returns the value that was in force before. Since 0.3.27. */
typedef int (*openblas_set_num_threads_local_fn)(int num_threads);
typedef int (*openblas_get_num_procs_fn)(void);
/* 0: sequential, 1: pthreads, 2: OpenMP. */
typedef int (*openblas_get_parallel_fn)(void);
/* "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."; owned by the library. */
typedef char *(*openblas_get_config_fn)(void);
/* "Haswell", "SkylakeX", ...; owned by the library. */
typedef char *(*openblas_get_corename_fn)(void);

#endif
