package io.heddle.benchmarks;

import java.util.Optional;

/** One row of the benchmarks. */
interface Row {
    String name();

    /** Why the row cannot be measured on this machine, or empty. */
    Optional<String> missing();

    /** Measures all figures of the row, contenders in turns. */
    RowResult measure(Measure measure) throws Exception;
}
