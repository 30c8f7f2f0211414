/* SPDX-License-Identifier: Apache-2.0
 *
 * Function-pointer types of BLIS' thread control and self description. BLIS' own integers (dim_t, gint_t) are 64-bit in
 * every build for a 64-bit machine; they do not follow the integer size of its BLAS interface.
 *
 * Source of the signatures: BLIS, frame/thread/bli_thread.h, frame/base/bli_info.h, frame/base/bli_arch.h.
 */
#ifndef HEDDLE_BLIS_H
#define HEDDLE_BLIS_H

#include <stdint.h>

/* -1: never set, which computes with one thread. */
typedef int64_t (*bli_thread_get_num_threads_fn)(void);
typedef void (*bli_thread_set_num_threads_fn)(int64_t n_threads);
/* "0.9.0"; owned by the library. */
typedef char *(*bli_info_get_version_str_fn)(void);
typedef int64_t (*bli_info_get_enable_openmp_fn)(void);
typedef int64_t (*bli_info_get_enable_pthreads_fn)(void);
/* The id is an enum arch_t. */
typedef int (*bli_arch_query_id_fn)(void);
/* "haswell", "zen3", ...; owned by the library. */
typedef char *(*bli_arch_string_fn)(int id);

#endif
