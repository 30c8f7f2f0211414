/* SPDX-License-Identifier: Apache-2.0
 *
 * Function-pointer types of the OpenMP runtimes (libgomp, libomp, libiomp5).
 *
 * Source of the signatures: OpenMP API 5.2, section 18, "Runtime Library Routines"; kmp_set_blocktime: LLVM/OpenMP
 * Runtimes, "LLVM/OpenMP runtime extensions" (libomp and libiomp5 only).
 */
#ifndef HEDDLE_OPENMP_H
#define HEDDLE_OPENMP_H

/* Reads and writes the calling thread's nthreads-var. */
typedef int (*omp_get_max_threads_fn)(void);
typedef void (*omp_set_num_threads_fn)(int num_threads);
typedef int (*omp_get_num_procs_fn)(void);
typedef int (*omp_in_parallel_fn)(void);
/* Milliseconds that an idle worker spins before it sleeps. */
typedef int (*kmp_get_blocktime_fn)(void);
typedef void (*kmp_set_blocktime_fn)(int milliseconds);

#endif
