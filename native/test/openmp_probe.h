/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEDDLE_OPENMP_PROBE_H
#define HEDDLE_OPENMP_PROBE_H

/* Runs one parallel region and returns how many different threads of the operating system took part; -1 if there were
 * too many to tell. It is the proof of a limit by use: no getter is asked. */
int heddle_openmp_probe_threads(void);

#endif
