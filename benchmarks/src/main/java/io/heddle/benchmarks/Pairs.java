package io.heddle.benchmarks;

import java.util.Arrays;

/** Two forms of one work, timed in turns of some 50 ms, so that other users of the machine slow down both. */
final class Pairs {
    private Pairs() {}

    /** One run of the work. */
    interface Form {
        void run() throws Exception;
    }

    /** How many pairs make a figure. */
    static int count(Measure measure) {
        return measure == Measure.QUICK ? 10 : 20;
    }

    /**
     * The speed of a form as a share of the reference's: the median over the pairs of the reference's time over the form's. Which of the two
     * goes first changes from pair to pair. A pair that does not count warms up.
     */
    static double share(int pairs, Form reference, Form form) throws Exception {
        reference.run();
        form.run();
        double[] shares = new double[pairs];
        for (int pair = 0; pair < pairs; pair++) {
            boolean referenceFirst = pair % 2 == 0;
            long first = nanos(referenceFirst ? reference : form);
            long second = nanos(referenceFirst ? form : reference);
            shares[pair] = referenceFirst ? (double) first / second : (double) second / first;
        }
        return median(shares);
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static long nanos(Form form) throws Exception {
        long begin = System.nanoTime();
        form.run();
        return System.nanoTime() - begin;
    }
}
