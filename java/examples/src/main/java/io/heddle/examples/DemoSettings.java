package io.heddle.examples;

import io.heddle.ParallelConfig;
import java.time.Duration;

/**
 * What all scenes share.
 *
 * @param jobs outer threads, Heddle's and the plain ones alike
 * @param turns how many times each way of running is measured
 * @param window how long a turn of the second scene takes
 */
record DemoSettings(int jobs, int turns, Duration window) {
    /** The only place that says where and how wide the machine learning library runs; the inner limit is Heddle's default. */
    static ParallelConfig config(int jobs) {
        return ParallelConfig.backend("threads").jobs(jobs);
    }
}
