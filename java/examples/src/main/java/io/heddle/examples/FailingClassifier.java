package io.heddle.examples;

import io.heddle.examples.ml.Candidate;
import io.heddle.examples.ml.Classifier;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.Split;

/** A classifier one of whose fits fails, as {@code --fail-at} asks. */
record FailingClassifier(Classifier classifier, int failAt, Candidate candidate, int fold) implements Classifier {
    @Override
    public String name() {
        return classifier.name();
    }

    @Override
    public int countRight(Dataset data, Split split, Candidate candidate) {
        if (candidate.equals(this.candidate) && split.fold() == fold) {
            throw new IllegalStateException("--fail-at " + failAt + " asked for it");
        }
        return classifier.countRight(data, split, candidate);
    }
}
