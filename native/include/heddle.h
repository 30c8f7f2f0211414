/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that the bindings are generated from; jextract.filter names the symbols.
 */
#ifndef HEDDLE_H
#define HEDDLE_H

#include "heddle/blis.h"
#include "heddle/flexiblas.h"
#include "heddle/libc.h"
#include "heddle/mkl.h"
#include "heddle/openblas.h"
#include "heddle/openmp.h"

#endif
