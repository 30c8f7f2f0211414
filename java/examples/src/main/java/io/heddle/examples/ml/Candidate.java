package io.heddle.examples.ml;

import java.io.Serializable;

/**
 * One point of the grid.
 *
 * @param gamma of the kernel exp(-gamma · |x - y|²)
 * @param regularisation what is added to the diagonal
 */
public record Candidate(double gamma, double regularisation) implements Serializable {
    @Override
    public String toString() {
        return "gamma " + gamma + ", lambda " + regularisation;
    }
}
