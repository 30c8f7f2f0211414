/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_blas_test FILE PREFIX SUFFIX [DEFINITION]: the library exports what it should, under these names and no others,
 * and behaves as its definition (see fake_blas.c) says.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *library;
static const char *prefix;
static const char *suffix;

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                            \
        }                                                                       \
    } while (0)

static intptr_t find(const char *before, const char *name, const char *after) {
    char symbol[128];
    snprintf(symbol, sizeof symbol, "%s%s%s", before, name, after);
    return (intptr_t)dlsym(library, symbol);
}

static int number(const char *name) {
    intptr_t function = find(prefix, name, suffix);
    CHECK(function != 0);
    return ((int (*)(void))function)();
}

static const char *text(const char *name) {
    intptr_t function = find(prefix, name, suffix);
    return function == 0 ? NULL : ((char *(*)(void))function)();
}

int main(int argc, char **argv) {
    CHECK(argc == 4 || argc == 5);
    prefix = argv[2];
    suffix = argv[3];
    const char *variant = argc == 5 ? argv[4] : "";
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }

    const char *prefixes[] = {"", "scipy_"};
    const char *suffixes[] = {"", "64_", "_64"};
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 3; j++) {
            int ours = strcmp(prefix, prefixes[i]) == 0 && strcmp(suffix, suffixes[j]) == 0;
            CHECK((find(prefixes[i], "openblas_get_num_threads", suffixes[j]) != 0) == ours);
        }
    }

    int parallel = strcmp(variant, "PARALLEL=0") == 0 ? 0 : strcmp(variant, "PARALLEL=2") == 0 ? 2 : 1;
    CHECK(number("openblas_get_parallel") == parallel);
    CHECK(number("openblas_get_num_procs") == 8);
    CHECK((text("openblas_get_config") == NULL) == (strcmp(variant, "NO_CONFIG") == 0));
    CHECK(strcmp(text("openblas_get_corename"), "Fake") == 0);

    int before = number("openblas_get_num_threads");
    intptr_t set = find(prefix, "openblas_set_num_threads", suffix);
    intptr_t set_local = find(prefix, "openblas_set_num_threads_local", suffix);
    CHECK(set != 0 && set_local != 0);
    ((void (*)(int))set)(3);
    int obeys = parallel != 0 && strcmp(variant, "LYING") != 0;
    CHECK(number("openblas_get_num_threads") == (obeys ? 3 : before));
    CHECK(((int (*)(int))set_local)(2) == (obeys ? 3 : before));
    CHECK(number("openblas_get_num_threads") == (obeys ? 2 : before));

    ((void (*)(int))set)(6);
    CHECK(number("openblas_get_num_threads") == (strcmp(variant, "MAXIMUM=4") == 0 ? 4 : obeys ? 6 : before));
    ((void (*)(int))set)(2);
    intptr_t work = find("", "heddle_fake_work", "");
    CHECK(work != 0);
    CHECK(((int (*)(void))work)() == (strcmp(variant, "RESETTING") == 0 ? 8 : obeys ? 2 : before));
    intptr_t solve = find("", "solver_solve", "");
    CHECK((solve != 0) == (strcmp(variant, "SOLVER") == 0));
    CHECK(solve == 0 || ((int (*)(void))solve)() == 2);

    intptr_t calls = find("", "heddle_fake_setter_calls", "");
    CHECK(calls != 0 && ((int (*)(void))calls)() == 4);
    return 0;
}
