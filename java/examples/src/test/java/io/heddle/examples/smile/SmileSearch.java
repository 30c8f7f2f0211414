package io.heddle.examples.smile;

import io.heddle.Parallel;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Cross-validation of a model for several values of a parameter, as library code writes it: it knows nothing of backends. */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
record SmileSearch(Trainer trainer, double[][] x, int[] y, int folds) implements Serializable {
    /** Fits a model and asks it. */
    interface Trainer extends Serializable {
        int[] predict(double[][] x, int[] y, double[][] asked, int parameter);
    }

    private record Fit(int parameter, int fold) implements Serializable {}

    /** How many samples are predicted right with each value. */
    List<Integer> search(List<Integer> parameters) {
        List<Fit> fits = new ArrayList<>();
        for (int parameter : parameters) {
            for (int fold = 0; fold < folds; fold++) {
                fits.add(new Fit(parameter, fold));
            }
        }
        List<Integer> right = Parallel.create().map(fits, this::countRight);
        return IntStream.range(0, parameters.size())
                .mapToObj(p -> right.subList(p * folds, (p + 1) * folds).stream()
                        .mapToInt(Integer::intValue)
                        .sum())
                .toList();
    }

    private int countRight(Fit fit) {
        int[] train = samples(fit.fold, false);
        int[] test = samples(fit.fold, true);
        int[] predicted = trainer.predict(rows(train), labels(train), rows(test), fit.parameter);
        int[] expected = labels(test);
        return (int) IntStream.range(0, expected.length)
                .filter(i -> predicted[i] == expected[i])
                .count();
    }

    private int[] samples(int fold, boolean ofFold) {
        return IntStream.range(0, y.length)
                .filter(i -> (i % folds == fold) == ofFold)
                .toArray();
    }

    private double[][] rows(int[] samples) {
        return Arrays.stream(samples).mapToObj(i -> x[i]).toArray(double[][]::new);
    }

    private int[] labels(int[] samples) {
        return Arrays.stream(samples).map(i -> y[i]).toArray();
    }
}
