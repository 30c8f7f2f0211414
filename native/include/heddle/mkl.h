/* SPDX-License-Identifier: Apache-2.0
 *
 * Function-pointer types of oneMKL's thread control and self description, C interface (arguments by value). The lower
 * case names of the same library are its Fortran interface (arguments by reference) and are not used.
 *
 * Source of the signatures: Intel oneMKL Developer Reference for C, "Support Functions" (mkl_service.h).
 */
#ifndef HEDDLE_MKL_H
#define HEDDLE_MKL_H

typedef int (*MKL_Get_Max_Threads_fn)(void);
typedef void (*MKL_Set_Num_Threads_fn)(int num_threads);
/* Calling thread only; 0 follows the process-wide value. Returns the thread's own value before, 0 for none. */
typedef int (*MKL_Set_Num_Threads_Local_fn)(int num_threads);
/* -1 reads, and returns -1 before the first use: 0 Intel, 1 sequential, 2 PGI, 3 GNU, 4 TBB. */
typedef int (*MKL_Set_Threading_Layer_fn)(int layer);
/* Writes at most length bytes into the caller's buffer. */
typedef void (*MKL_Get_Version_String_fn)(char *buffer, int length);

#endif
