package io.heddle.examples;

import io.heddle.examples.ml.GridSearch.Result;
import java.util.List;

/** Whether several runs of one search found the same. */
final class Agreement {
    /** Rounding differs with the number of threads: so many samples of a fold may fall to the other side. */
    private static final int TOLERATED_SAMPLES = 2;

    private Agreement() {}

    /**
     * Compares every fit with the same one of the first run.
     *
     * @throws DemoException if they differ by more than rounding
     */
    static String of(List<Result> runs) {
        Result expected = runs.getFirst();
        int differing = 0;
        for (Result run : runs) {
            for (int i = 0; i < expected.right().size(); i++) {
                int difference = Math.abs(run.right().get(i) - expected.right().get(i));
                if (difference > TOLERATED_SAMPLES) {
                    throw new DemoException(
                            "Fit " + i + " predicts " + run.right().get(i)
                                    + " samples right in one run and "
                                    + expected.right().get(i) + " in another: the library computes wrongly.");
                }
                if (difference > 0) {
                    differing++;
                }
            }
        }
        return differing == 0 ? "yes, every fit" : "yes, but for rounding in " + differing + " fits";
    }
}
