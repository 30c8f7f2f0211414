package io.heddle.examples.ml;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Samples with a class each. The arrays are shared, not copied: nobody may change them.
 *
 * @param features one array for each sample, all of the same length
 * @param labels the class of each sample, 0 to {@code classes - 1}
 * @param classes how many classes there are
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record Dataset(double[][] features, int[] labels, int classes) implements Serializable {
    public int size() {
        return labels.length;
    }

    /** The first samples alone. */
    public Dataset first(int count) {
        return new Dataset(Arrays.copyOf(features, count), Arrays.copyOf(labels, count), classes);
    }
}
