/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that looks like BLIS and computes nothing. As in the real one the number is the process's, -1 until it is set,
 * and stored as it comes.
 *
 * NO_INFO     leaves the version, the threading layer and the architecture out
 * PARALLEL    1 pthreads (the default), 2 OpenMP, 0 neither
 * MAXIMUM     a larger number is cut to it
 * RESETTING   computing forgets the number
 * WAYS        parallelism by loop is set (the real one's BLIS_JC_NT), which rules whatever the number is
 */
#include <stdatomic.h>
#include <stdint.h>

#ifndef PARALLEL
#define PARALLEL 1
#endif

enum { NEVER_SET = -1 };

static atomic_int setter_calls;
static _Atomic int64_t num_threads = NEVER_SET;

int heddle_fake_setter_calls(void) {
    return atomic_load(&setter_calls);
}

int64_t bli_thread_get_num_threads(void) {
    return atomic_load(&num_threads);
}

void bli_thread_set_num_threads(int64_t threads) {
    atomic_fetch_add(&setter_calls, 1);
#ifdef MAXIMUM
    threads = threads > MAXIMUM ? MAXIMUM : threads;
#endif
    atomic_store(&num_threads, threads);
}

int64_t bli_thread_get_jc_nt(void) {
#ifdef WAYS
    return WAYS;
#else
    return NEVER_SET;
#endif
}

#ifndef NO_INFO
char *bli_info_get_version_str(void) {
    static char version[] = "99.1";
    return version;
}

int64_t bli_info_get_enable_openmp(void) {
    return PARALLEL == 2;
}

int64_t bli_info_get_enable_pthreads(void) {
    return PARALLEL == 1;
}

int bli_arch_query_id(void) {
    return 7;
}

char *bli_arch_string(int id) {
    static char fake[] = "fake";
    static char other[] = "generic";
    return id == 7 ? fake : other;
}
#endif

/* Stands for a computation; returns the number of threads that it would take. */
int heddle_fake_work(void) {
#ifdef RESETTING
    atomic_store(&num_threads, NEVER_SET);
#endif
    int64_t threads = bli_thread_get_jc_nt() > 0 ? bli_thread_get_jc_nt() : bli_thread_get_num_threads();
    return threads > 1 ? (int)threads : 1;
}
