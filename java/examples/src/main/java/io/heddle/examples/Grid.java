package io.heddle.examples;

import io.heddle.examples.ml.Candidate;
import io.heddle.examples.ml.Classifier;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.GridSearch;
import java.util.ArrayList;
import java.util.List;

/** The grid that every scene searches, with cross-validation. */
final class Grid {
    static final int FOLDS = 5;
    private static final int WARM_UP_SAMPLES = 500;
    private static final int WARM_UP_POINTS = 4;

    private Grid() {}

    static List<Candidate> points() {
        List<Candidate> points = new ArrayList<>();
        for (double gamma : List.of(0.02, 0.05, 0.1, 0.2, 0.4)) {
            for (double regularisation : List.of(1e-3, 1e-2, 1e-1, 1.0)) {
                points.add(new Candidate(gamma, regularisation));
            }
        }
        return points;
    }

    static int fits() {
        return points().size() * FOLDS;
    }

    /** The search itself, of which the user may have asked to see one fit fail. */
    static GridSearch search(Classifier classifier, Dataset data, int failAt) {
        List<Candidate> points = points();
        boolean failing = failAt >= 0 && failAt < fits();
        return new GridSearch(
                failing
                        ? new FailingClassifier(classifier, failAt, points.get(failAt / FOLDS), failAt % FOLDS)
                        : classifier,
                data,
                points,
                FOLDS);
    }

    /** The samples of a smaller search, that lets the JIT compile the Java half and the library start its threads. */
    static Dataset warmUp(Dataset data) {
        return data.first(Math.min(WARM_UP_SAMPLES, data.size()));
    }

    /** That search. */
    static GridSearch warmUp(Classifier classifier, Dataset data) {
        return new GridSearch(classifier, data, points().subList(0, WARM_UP_POINTS), FOLDS);
    }
}
