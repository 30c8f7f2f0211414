package io.heddle.examples.ml;

import io.heddle.Parallel;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** Tries every candidate on every fold of a cross-validation. Immutable. */
@SuppressWarnings("serial") // its lists are those of List.copyOf, which are serialisable
public final class GridSearch implements Serializable {
    private static final long serialVersionUID = 1;

    private final Classifier classifier;
    private final Dataset data;
    private final List<Candidate> candidates;
    private final List<Split> splits;

    /** A search with the given number of folds. */
    public GridSearch(Classifier classifier, Dataset data, List<Candidate> candidates, int folds) {
        this.classifier = classifier;
        this.data = data;
        this.candidates = List.copyOf(candidates);
        this.splits = List.copyOf(Split.folds(data.size(), folds));
    }

    /** One candidate on one fold: one task. */
    public record Fit(Candidate candidate, Split split) implements Serializable {
        @Override
        public String toString() {
            return candidate + ", " + split;
        }
    }

    /**
     * What the search found.
     *
     * @param best the candidate with the most right predictions; the first in the grid of several
     * @param accuracy its share of right predictions over all folds, 0 to 1
     * @param right the right predictions of each fit, in the order of {@link #fits()}
     */
    public record Result(Candidate best, double accuracy, List<Integer> right) implements Serializable {}

    /** Searches in parallel: where, with how many workers and which inner limit is the caller's choice. */
    public Result search() {
        return result(Parallel.create().map(fits(), this::countRight));
    }

    /** All tasks, candidate by candidate, for a caller that runs them by other means. */
    public List<Fit> fits() {
        List<Fit> fits = new ArrayList<>();
        for (Candidate candidate : candidates) {
            for (Split split : splits) {
                fits.add(new Fit(candidate, split));
            }
        }
        return fits;
    }

    /** Runs one task. */
    public int countRight(Fit fit) {
        return classifier.countRight(data, fit.split(), fit.candidate());
    }

    /** Makes a result of what {@link #countRight} gave for each of {@link #fits()}. */
    public Result result(List<Integer> right) {
        int best = 0;
        int mostRight = -1;
        for (int c = 0; c < candidates.size(); c++) {
            int sum = right.subList(c * splits.size(), (c + 1) * splits.size()).stream()
                    .mapToInt(Integer::intValue)
                    .sum();
            if (sum > mostRight) {
                best = c;
                mostRight = sum;
            }
        }
        return new Result(candidates.get(best), (double) mostRight / data.size(), List.copyOf(right));
    }
}
