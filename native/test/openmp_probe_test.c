/* SPDX-License-Identifier: Apache-2.0
 *
 * openmp_probe_test N: with OMP_NUM_THREADS=N in the environment, N threads must take part, in every region.
 */
#include "openmp_probe.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s THREADS\n", argv[0]);
        return 2;
    }
    int expected = atoi(argv[1]);
    for (int round = 0; round < 3; round++) {
        int found = heddle_openmp_probe_threads();
        if (found != expected) {
            fprintf(stderr, "round %d: %d threads took part, expected %d\n", round, found, expected);
            return 1;
        }
    }
    return 0;
}
