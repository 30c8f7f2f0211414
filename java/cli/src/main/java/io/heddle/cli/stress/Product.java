package io.heddle.cli.stress;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * Two matrices of small whole numbers and their product. Every sum on the way is a whole number below 2^53, so it is exact in a double
 * in whatever order a library adds: a right result equals the one computed here to the last bit. No entry is zero, so that no term is
 * minus zero. Immutable; shared by threads.
 */
record Product(int m, int n, int k, MemorySegment a, MemorySegment b, MemorySegment expected) {
    private static final int LARGEST_ENTRY = 8;

    static Product random(Random random, int m, int n, int k) {
        double[] a = entries(random, m * k);
        double[] b = entries(random, k * n);
        double[] c = new double[m * n];
        for (int column = 0; column < n; column++) {
            for (int inner = 0; inner < k; inner++) {
                double factor = b[column * k + inner];
                for (int row = 0; row < m; row++) {
                    c[column * m + row] += a[inner * m + row] * factor;
                }
            }
        }
        return new Product(m, n, k, memory(a), memory(b), memory(c));
    }

    private static double[] entries(Random random, int count) {
        return random.ints(count, 1, LARGEST_ENTRY + 1)
                .mapToDouble(entry -> random.nextBoolean() ? entry : -entry)
                .toArray();
    }

    private static MemorySegment memory(double[] values) {
        return Arena.global().allocateFrom(JAVA_DOUBLE, values);
    }

    long resultBytes() {
        return JAVA_DOUBLE.byteSize() * m * n;
    }

    /** Whether a result is right, to the last bit. */
    boolean isResult(MemorySegment c) {
        return c.asSlice(0, resultBytes()).mismatch(expected) < 0;
    }
}
