package io.heddle.cli.stress;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** A random matrix and right side. Immutable; shared by threads. */
record LinearSystem(int n, MemorySegment a, MemorySegment b) {
    /** LAPACK's own test threshold for a solution (source: LAPACK Working Note 41, xLINTST, THRESH). */
    private static final double THRESHOLD = 30;

    static LinearSystem random(Random random, int n) {
        double[] matrix = random.doubles((long) n * n, -1, 1).toArray();
        double[] rightSide = random.doubles(n, -1, 1).toArray();
        return new LinearSystem(
                n,
                Arena.global().allocateFrom(JAVA_DOUBLE, matrix),
                Arena.global().allocateFrom(JAVA_DOUBLE, rightSide));
    }

    /** Whether |b - A x| / (|A| |x| n eps), in the maximum norm, is small: a wrong pivot or block makes it larger by many orders. */
    boolean isSolution(MemorySegment x) {
        double[] residual = b.toArray(JAVA_DOUBLE);
        double[] rowSums = new double[n];
        double largest = 0;
        for (int column = 0; column < n; column++) {
            double value = x.getAtIndex(JAVA_DOUBLE, column);
            largest = Math.max(largest, Math.abs(value));
            for (int row = 0; row < n; row++) {
                double entry = a.getAtIndex(JAVA_DOUBLE, (long) column * n + row);
                residual[row] -= entry * value;
                rowSums[row] += Math.abs(entry);
            }
        }
        double norm = 0;
        double error = 0;
        for (int row = 0; row < n; row++) {
            norm = Math.max(norm, rowSums[row]);
            error = Math.max(error, Math.abs(residual[row]));
        }
        return error <= THRESHOLD * n * Math.ulp(1.0) * norm * largest; // false for NaN
    }
}
