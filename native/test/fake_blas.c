/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that looks like OpenBLAS and computes nothing: the thread control functions under one of the names that
 * OpenBLAS gives them, and a count of the setter's calls. Each copy keeps its own state, which is the process's.
 *
 * PREFIX, SUFFIX  what stands around each name, perhaps nothing
 * PARALLEL        what openblas_get_parallel says: 0 sequential, 1 pthreads (the default), 2 OpenMP; in the last case
 *                 setter and getter are those of the OpenMP runtime, hence the calling thread's
 * NO_CONFIG       leaves openblas_get_config out
 * LYING           the setters do nothing
 * MAXIMUM         a larger number is cut to it
 * RESETTING       computing sets the number back to that of the processors
 * SOLVER          nothing here: bundled_solver.c is linked in
 *
 * It says that there are 8 processors, whatever there are.
 */
#include <stdatomic.h>

#ifndef PARALLEL
#define PARALLEL 1
#endif

#define PASTE(prefix, name, suffix) prefix##name##suffix
#define EXPAND(prefix, name, suffix) PASTE(prefix, name, suffix)
#define NAME(name) EXPAND(PREFIX, name, SUFFIX)

/* More than most test machines have, so that a limit always shows. */
enum { FAKE_PROCESSORS = 8 };

static atomic_int setter_calls;

#if PARALLEL == 2
#include <omp.h>
static int threads_now(void) {
    return omp_get_max_threads();
}
static void set_threads(int threads) {
    omp_set_num_threads(threads);
}
#else
static atomic_int num_threads = PARALLEL == 0 ? 1 : FAKE_PROCESSORS;
static int threads_now(void) {
    return atomic_load(&num_threads);
}
static void set_threads(int threads) {
#if PARALLEL == 0 || defined(LYING)
    (void)threads;
#else
#ifdef MAXIMUM
    threads = threads > MAXIMUM ? MAXIMUM : threads;
#endif
    /* As OpenBLAS does: less than one means all. */
    atomic_store(&num_threads, threads < 1 ? FAKE_PROCESSORS : threads);
#endif
}
#endif

int heddle_fake_setter_calls(void) {
    return atomic_load(&setter_calls);
}

/* Stands for a computation; returns the number of threads that it would take. */
int heddle_fake_work(void) {
#ifdef RESETTING
    set_threads(FAKE_PROCESSORS);
#endif
    return threads_now();
}

int NAME(openblas_get_num_threads)(void) {
    return threads_now();
}

void NAME(openblas_set_num_threads)(int threads) {
    atomic_fetch_add(&setter_calls, 1);
    set_threads(threads);
}

int NAME(openblas_set_num_threads_local)(int threads) {
    int before = threads_now();
    atomic_fetch_add(&setter_calls, 1);
    set_threads(threads);
    return before;
}

int NAME(openblas_get_num_procs)(void) {
    return FAKE_PROCESSORS;
}

int NAME(openblas_get_parallel)(void) {
    return PARALLEL;
}

#ifndef NO_CONFIG
char *NAME(openblas_get_config)(void) {
    static char config[] = "OpenBLAS 0.3.99 FAKE MAX_THREADS=8";
    return config;
}
#endif

char *NAME(openblas_get_corename)(void) {
    static char corename[] = "Fake";
    return corename;
}
