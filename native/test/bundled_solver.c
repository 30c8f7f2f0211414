/* SPDX-License-Identifier: Apache-2.0
 *
 * What a numeric library that brings its own BLAS exports besides: a function of its own, which calls the BLAS.
 */
int heddle_fake_work(void);
int solver_solve(void);

int solver_solve(void) {
    return heddle_fake_work();
}
