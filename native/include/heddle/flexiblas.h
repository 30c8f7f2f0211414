/* SPDX-License-Identifier: Apache-2.0
 *
 * Function-pointer types of FlexiBLAS' thread control and back-end choice. FlexiBLAS forwards the thread calls to the
 * back end that is in use.
 *
 * Source of the signatures: FlexiBLAS, flexiblas_api.h of version 3, and of the earlier ones where they differ.
 */
#ifndef HEDDLE_FLEXIBLAS_H
#define HEDDLE_FLEXIBLAS_H

#include <stddef.h>

typedef int (*flexiblas_get_num_threads_fn)(void);
typedef void (*flexiblas_set_num_threads_fn)(int num_threads);
typedef void (*flexiblas_get_version_fn)(int *major, int *minor, int *patch);
/* The two lists: a null name asks for the number of entries; else the entry's name is written and its length returned,
 * -1 past the end. Older versions return and take an int here: 64-bit arguments suit both, of the result only the lower
 * 32 bits count. */
typedef ptrdiff_t (*flexiblas_list_fn)(char *name, size_t length, ptrdiff_t position);
typedef ptrdiff_t (*flexiblas_list_loaded_fn)(char *name, size_t length, ptrdiff_t position);
/* Writes the name, returns its length. */
typedef int (*flexiblas_current_backend_fn)(char *name, size_t length);
/* A name of flexiblas_list; returns the id to switch to, -1 on failure. */
typedef int (*flexiblas_load_backend_fn)(const char *name);
/* Returns 0 on success. */
typedef int (*flexiblas_switch_fn)(int id);

#endif
