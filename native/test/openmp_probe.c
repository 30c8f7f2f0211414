/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "openmp_probe.h"

#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { MAX_THREADS = 1024 };

int heddle_openmp_probe_threads(void) {
    long ids[MAX_THREADS];
    atomic_int entered = 0;

#pragma omp parallel
    {
        int slot = atomic_fetch_add(&entered, 1);
        if (slot < MAX_THREADS) {
            ids[slot] = syscall(SYS_gettid);
        }
    }

    int count = atomic_load(&entered);
    if (count > MAX_THREADS) {
        return -1;
    }
    int distinct = 0;
    for (int i = 0; i < count; i++) {
        int seen = 0;
        for (int j = 0; j < i; j++) {
            seen |= ids[i] == ids[j];
        }
        distinct += !seen;
    }
    return distinct;
}
