/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that looks like FlexiBLAS and computes nothing: three back ends to choose from, of which the first is
 * sequential and each of the others has a number of threads of its own. As in the real one the other families' functions
 * are there too, under their own names. No package for Debian has the real one.
 *
 * NO_LISTS    leaves the lists and the name of the current back end out
 * NO_SWITCH   leaves loading and switching out
 */
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

enum { FAKE_PROCESSORS = 8, BACKENDS = 3, SEQUENTIAL = 0, DEFAULT = 1 };

static const char *const names[BACKENDS] = {"NETLIB", "FAKE-OPENMP", "FAKE-PTHREADS"};
static atomic_int setter_calls;
static atomic_int threads_of[BACKENDS] = {1, FAKE_PROCESSORS, FAKE_PROCESSORS};
/* In the order of loading; the sequential one always is. */
static int loaded[BACKENDS] = {SEQUENTIAL, DEFAULT};
static int loaded_count = 2;
static int current = DEFAULT;

int heddle_fake_setter_calls(void) {
    return atomic_load(&setter_calls);
}

int flexiblas_get_num_threads(void) {
    return atomic_load(&threads_of[current]);
}

void flexiblas_set_num_threads(int threads) {
    atomic_fetch_add(&setter_calls, 1);
    if (current != SEQUENTIAL) {
        atomic_store(&threads_of[current], threads < 1 ? FAKE_PROCESSORS : threads);
    }
}

int openblas_get_num_threads(void) {
    return flexiblas_get_num_threads();
}

void openblas_set_num_threads(int threads) {
    flexiblas_set_num_threads(threads);
}

int MKL_Get_Max_Threads(void) {
    return flexiblas_get_num_threads();
}

void MKL_Set_Num_Threads(int threads) {
    flexiblas_set_num_threads(threads);
}

int bli_thread_get_num_threads(void) {
    return flexiblas_get_num_threads();
}

void bli_thread_set_num_threads(int threads) {
    flexiblas_set_num_threads(threads);
}

void flexiblas_get_version(int *major, int *minor, int *patch) {
    *major = 99;
    *minor = 4;
    *patch = 2;
}

#ifndef NO_LISTS
static ptrdiff_t write_name(const char *from, char *name, size_t length) {
    strncpy(name, from, length - 1);
    name[length - 1] = '\0';
    return (ptrdiff_t)strlen(name);
}

/* Position -1 is the default back end. */
ptrdiff_t flexiblas_list(char *name, size_t length, ptrdiff_t position) {
    if (name == NULL) {
        return BACKENDS;
    }
    if (position == -1) {
        return write_name(names[DEFAULT], name, length);
    }
    return position < 0 || position >= BACKENDS ? -1 : write_name(names[position], name, length);
}

ptrdiff_t flexiblas_list_loaded(char *name, size_t length, ptrdiff_t position) {
    if (name == NULL) {
        return loaded_count;
    }
    return position < 0 || position >= loaded_count ? -1 : write_name(names[loaded[position]], name, length);
}

int flexiblas_current_backend(char *name, size_t length) {
    return (int)write_name(names[current], name, length);
}
#endif

#ifndef NO_SWITCH
int flexiblas_load_backend(const char *name) {
    for (int id = 0; id < loaded_count; id++) {
        if (strcmp(names[loaded[id]], name) == 0) {
            return id;
        }
    }
    for (int backend = 0; backend < BACKENDS; backend++) {
        if (strcmp(names[backend], name) == 0) {
            loaded[loaded_count] = backend;
            return loaded_count++;
        }
    }
    return -1;
}

int flexiblas_switch(int id) {
    if (id < 0 || id >= loaded_count) {
        return -1;
    }
    current = loaded[id];
    return 0;
}
#endif

/* Stands for a computation; returns the number of threads that it would take. */
int heddle_fake_work(void) {
    return flexiblas_get_num_threads();
}
