package io.heddle.examples.ml;

import java.io.Serializable;

/** A way to learn and predict. Thread-safe: many fits run at once. */
public interface Classifier extends Serializable {
    /** Its name in tables. */
    String name();

    /** Learns from the split's training set and predicts its test set; returns how many predictions are right. */
    int countRight(Dataset data, Split split, Candidate candidate);
}
