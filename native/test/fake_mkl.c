/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that looks like the front of oneMKL (libmkl_rt) and computes nothing. As in the real one the local number is
 * the calling thread's, 0 follows the process's, and the threading layer is unknown (-1) until the first use of anything
 * else.
 *
 * NO_LOCAL     leaves MKL_Set_Num_Threads_Local out
 * NO_LAYER     leaves MKL_Set_Threading_Layer out, as MKL's interface libraries do
 * NO_VERSION   leaves MKL_Get_Version_String out
 * RESETTING    computing forgets the thread's local number
 */
#include <stdatomic.h>
#include <stdio.h>

enum { FAKE_PROCESSORS = 8, LAYER_UNKNOWN = -1, LAYER_INTEL = 0 };

static atomic_int setter_calls;
static atomic_int layer = LAYER_UNKNOWN;
static atomic_int process_threads = FAKE_PROCESSORS;
static _Thread_local int local_threads;

static void use(void) {
    int unused = LAYER_UNKNOWN;
    atomic_compare_exchange_strong(&layer, &unused, LAYER_INTEL);
}

int heddle_fake_setter_calls(void) {
    return atomic_load(&setter_calls);
}

int MKL_Get_Max_Threads(void) {
    use();
    return local_threads > 0 ? local_threads : atomic_load(&process_threads);
}

void MKL_Set_Num_Threads(int threads) {
    use();
    atomic_fetch_add(&setter_calls, 1);
    if (threads > 0) {
        atomic_store(&process_threads, threads);
    }
}

#ifndef NO_LOCAL
int MKL_Set_Num_Threads_Local(int threads) {
    int before = local_threads;
    use();
    atomic_fetch_add(&setter_calls, 1);
    local_threads = threads > 0 ? threads : 0;
    return before;
}
#endif

#ifndef NO_LAYER
int MKL_Set_Threading_Layer(int wanted) {
    if (wanted != LAYER_UNKNOWN) {
        int unused = LAYER_UNKNOWN;
        atomic_compare_exchange_strong(&layer, &unused, wanted);
    }
    return atomic_load(&layer);
}
#endif

#ifndef NO_VERSION
void MKL_Get_Version_String(char *buffer, int length) {
    use();
    if (length > 0) {
        snprintf(buffer, (size_t)length, "Fake oneAPI Math Kernel Library Version 2099.3-Product Build 20991231");
    }
}
#endif

/* Stands for a computation; returns the number of threads that it would take. */
int heddle_fake_work(void) {
#ifdef RESETTING
    local_threads = 0;
#endif
    return MKL_Get_Max_Threads();
}
