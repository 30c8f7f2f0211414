/** The benchmark rows: what Heddle costs and gains beside its floors and peers, measured in one run. */
@NullMarked
package io.heddle.benchmarks;

import org.jspecify.annotations.NullMarked;
