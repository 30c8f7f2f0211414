package io.heddle.benchmarks;

import java.util.Collection;

/** How long to measure, and what is said of several turns. */
enum Measure {
    /** As exact as this machine allows. */
    FULL(5, 5, 3, 300),
    /** Under 15 s a row. */
    QUICK(2, 1, 3, 120),
    /** For the bounds: the best of the turns, since other users of the machine only ever make a turn worse. No peers. */
    CHECK(3, 3, 10, 50);

    private final int turns;
    private final int forks;
    private final int iterations;
    private final int iterationMillis;

    Measure(int turns, int forks, int iterations, int iterationMillis) {
        this.turns = turns;
        this.forks = forks;
        this.iterations = iterations;
        this.iterationMillis = iterationMillis;
    }

    /** How often the contenders of a child JVM take their turn. */
    int turns() {
        return turns;
    }

    /** How often the contenders of a JMH row take their turn, each time in a fresh JVM. */
    int forks() {
        return forks;
    }

    /** The iterations of a JMH fork, of its warm-up and again of its measurement. */
    int iterations() {
        return iterations;
    }

    int iterationMillis() {
        return iterationMillis;
    }

    /** One figure for several measurements of one thing. */
    double figure(Collection<Double> measurements, boolean higherIsBetter) {
        double[] sorted =
                measurements.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int last = sorted.length - 1;
        if (this == CHECK) {
            return higherIsBetter ? sorted[last] : sorted[0];
        }
        return (sorted[last / 2] + sorted[(last + 1) / 2]) / 2;
    }
}
