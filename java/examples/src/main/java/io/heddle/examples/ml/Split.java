package io.heddle.examples.ml;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Who learns and who is asked, as indices of samples, in one fold of a cross-validation.
 *
 * @param fold which fold, from 0
 * @param train the samples to learn from, in random order
 * @param test the samples to predict
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record Split(int fold, int[] train, int[] test) implements Serializable {
    /** Shuffles by a fixed seed and cuts: each sample is in the test set of exactly one fold. */
    static List<Split> folds(int samples, int folds) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, samples).boxed().toList());
        Collections.shuffle(order, new Random(1797));
        List<Split> splits = new ArrayList<>();
        for (int fold = 0; fold < folds; fold++) {
            int from = samples * fold / folds;
            int to = samples * (fold + 1) / folds;
            int[] test =
                    order.subList(from, to).stream().mapToInt(Integer::intValue).toArray();
            int[] train = IntStream.range(0, samples)
                    .filter(i -> i < from || i >= to)
                    .map(order::get)
                    .toArray();
            splits.add(new Split(fold, train, test));
        }
        return splits;
    }

    @Override
    public String toString() {
        return "fold " + fold;
    }
}
