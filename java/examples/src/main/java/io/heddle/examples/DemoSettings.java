package io.heddle.examples;

import java.time.Duration;

/**
 * What all scenes share.
 *
 * @param backend where the machine learning library runs
 * @param jobs its workers, and as many plain threads
 * @param turns how many times each way of running is measured
 * @param window how long a turn of the second scene takes
 */
record DemoSettings(BackendChoice backend, int jobs, int turns, Duration window) {}
