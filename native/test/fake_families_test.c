/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_families_test FILE FAMILY [DEFINITION]: the library has the functions of its family and of no other (FlexiBLAS has
 * those of all), and behaves as its definition (see fake_FAMILY.c) says.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *library;
static const char *variant;

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

/* The function of that name, called as the type says. */
#define CALL(type, name) ((type)needed(name))

typedef int (*get_int)(void);
typedef void (*set_int)(int);
typedef int (*exchange_int)(int);
typedef int64_t (*get_long)(void);
typedef void (*set_long)(int64_t);
typedef char *(*get_text)(void);
typedef ptrdiff_t (*list_names)(char *, size_t, ptrdiff_t);

static int has(const char *name) {
    return dlsym(library, name) != NULL;
}

static intptr_t needed(const char *name) {
    intptr_t function = (intptr_t)dlsym(library, name);
    if (function == 0) {
        fprintf(stderr, "no function %s\n", name);
        exit(1);
    }
    return function;
}

static int is(const char *definition) {
    return strcmp(variant, definition) == 0;
}

static void *mkl_threads_elsewhere(void *result) {
    *(int *)result = CALL(get_int, "MKL_Get_Max_Threads")();
    return NULL;
}

static void test_mkl(void) {
    CHECK(has("MKL_Set_Num_Threads_Local") != is("NO_LOCAL"));
    CHECK(has("MKL_Set_Threading_Layer") != is("NO_LAYER"));
    CHECK(has("MKL_Get_Version_String") != is("NO_VERSION"));
    if (!is("NO_LAYER")) {
        CHECK(CALL(exchange_int, "MKL_Set_Threading_Layer")(-1) == -1);
    }
    CHECK(CALL(get_int, "MKL_Get_Max_Threads")() == 8);
    if (!is("NO_LAYER")) {
        CHECK(CALL(exchange_int, "MKL_Set_Threading_Layer")(3) == 0);
    }
    CALL(set_int, "MKL_Set_Num_Threads")(4);
    if (!is("NO_LOCAL")) {
        CHECK(CALL(exchange_int, "MKL_Set_Num_Threads_Local")(2) == 0);
        CHECK(CALL(get_int, "MKL_Get_Max_Threads")() == 2);
        pthread_t thread;
        int elsewhere = 0;
        CHECK(pthread_create(&thread, NULL, mkl_threads_elsewhere, &elsewhere) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        CHECK(elsewhere == 4);
        CHECK(CALL(get_int, "heddle_fake_work")() == (is("RESETTING") ? 4 : 2));
        CHECK(CALL(exchange_int, "MKL_Set_Num_Threads_Local")(0) == (is("RESETTING") ? 0 : 2));
    }
    CHECK(CALL(get_int, "MKL_Get_Max_Threads")() == 4);
    CHECK(CALL(get_int, "heddle_fake_setter_calls")() == (is("NO_LOCAL") ? 1 : 3));
    if (!is("NO_VERSION")) {
        char version[200];
        CALL(void (*)(char *, int), "MKL_Get_Version_String")(version, 200);
        CHECK(strstr(version, "Version 2099.3") != NULL);
    }
}

static void test_blis(void) {
    CHECK(CALL(get_long, "bli_thread_get_num_threads")() == -1);
    CHECK(CALL(get_int, "heddle_fake_work")() == (is("WAYS=2") ? 2 : 1));
    CALL(set_long, "bli_thread_set_num_threads")(6);
    CHECK(CALL(get_long, "bli_thread_get_num_threads")() == (is("MAXIMUM=4") ? 4 : 6));
    int used = is("WAYS=2") ? 2 : is("MAXIMUM=4") ? 4 : is("RESETTING") ? 1 : 6;
    CHECK(CALL(get_int, "heddle_fake_work")() == used);
    CHECK(CALL(get_long, "bli_thread_get_num_threads")() == (is("MAXIMUM=4") ? 4 : is("RESETTING") ? -1 : 6));
    CHECK(CALL(get_long, "bli_thread_get_jc_nt")() == (is("WAYS=2") ? 2 : -1));
    CALL(set_long, "bli_thread_set_num_threads")(-1);
    CHECK(CALL(get_long, "bli_thread_get_num_threads")() == -1);
    CHECK(CALL(get_int, "heddle_fake_setter_calls")() == 2);
    CHECK(has("bli_info_get_version_str") != is("NO_INFO") && has("bli_arch_string") != is("NO_INFO"));
    if (!is("NO_INFO")) {
        CHECK(strcmp(CALL(get_text, "bli_info_get_version_str")(), "99.1") == 0);
        CHECK(CALL(get_long, "bli_info_get_enable_openmp")() == is("PARALLEL=2"));
        CHECK(CALL(get_long, "bli_info_get_enable_pthreads")() == !(is("PARALLEL=2") || is("PARALLEL=0")));
        int id = CALL(get_int, "bli_arch_query_id")();
        CHECK(strcmp(CALL(char *(*)(int), "bli_arch_string")(id), "fake") == 0);
    }
}

static void test_flexiblas(void) {
    char name[32];
    int version[3];
    CALL(void (*)(int *, int *, int *), "flexiblas_get_version")(&version[0], &version[1], &version[2]);
    CHECK(version[0] == 99 && version[1] == 4 && version[2] == 2);
    CHECK(CALL(get_int, "flexiblas_get_num_threads")() == 8);
    CALL(set_int, "flexiblas_set_num_threads")(3);
    CHECK(CALL(get_int, "heddle_fake_work")() == 3);
    CHECK(CALL(get_int, "openblas_get_num_threads")() == 3 && CALL(get_int, "MKL_Get_Max_Threads")() == 3);
    CHECK(has("flexiblas_list") != is("NO_LISTS") && has("flexiblas_current_backend") != is("NO_LISTS"));
    if (!is("NO_LISTS")) {
        list_names available = CALL(list_names, "flexiblas_list");
        list_names loaded = CALL(list_names, "flexiblas_list_loaded");
        CHECK(available(NULL, 0, 0) == 3 && loaded(NULL, 0, 0) == 2);
        CHECK(available(name, sizeof name, 2) == 13 && strcmp(name, "FAKE-PTHREADS") == 0);
        CHECK(available(name, 5, 2) == 4 && strcmp(name, "FAKE") == 0);
        CHECK(available(name, sizeof name, -1) == 11 && strcmp(name, "FAKE-OPENMP") == 0);
        CHECK(available(name, sizeof name, 3) == -1 && loaded(name, sizeof name, 2) == -1);
        CHECK(CALL(int (*)(char *, size_t), "flexiblas_current_backend")(name, sizeof name) == 11);
        CHECK(strcmp(name, "FAKE-OPENMP") == 0);
    }
    CHECK(has("flexiblas_switch") != is("NO_SWITCH") && has("flexiblas_load_backend") != is("NO_SWITCH"));
    if (!is("NO_SWITCH")) {
        int (*load)(const char *) = CALL(int (*)(const char *), "flexiblas_load_backend");
        CHECK(load("ABSENT") == -1 && load("FAKE-PTHREADS") == 2 && load("FAKE-PTHREADS") == 2);
        CHECK(CALL(exchange_int, "flexiblas_switch")(3) == -1);
        CHECK(CALL(exchange_int, "flexiblas_switch")(2) == 0);
        CHECK(CALL(get_int, "flexiblas_get_num_threads")() == 8);
        CHECK(CALL(exchange_int, "flexiblas_switch")(0) == 0);
        CALL(set_int, "flexiblas_set_num_threads")(2);
        CHECK(CALL(get_int, "flexiblas_get_num_threads")() == 1);
    }
    CHECK(CALL(get_int, "heddle_fake_setter_calls")() == (is("NO_SWITCH") ? 1 : 2));
}

int main(int argc, char **argv) {
    CHECK(argc == 3 || argc == 4);
    const char *family = argv[2];
    variant = argc == 4 ? argv[3] : "";
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    int all = strcmp(family, "flexiblas") == 0;
    CHECK(has("flexiblas_get_num_threads") == all);
    CHECK(has("openblas_get_num_threads") == all);
    CHECK(has("MKL_Get_Max_Threads") == (all || strcmp(family, "mkl") == 0));
    CHECK(has("bli_thread_get_num_threads") == (all || strcmp(family, "blis") == 0));
    if (strcmp(family, "mkl") == 0) {
        test_mkl();
    } else if (strcmp(family, "blis") == 0) {
        test_blis();
    } else {
        CHECK(strcmp(family, "flexiblas") == 0);
        test_flexiblas();
    }
    return 0;
}
