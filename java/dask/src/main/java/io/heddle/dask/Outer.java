package io.heddle.dask;

import java.util.Map;
import java.util.Optional;

/**
 * What a worker JVM of the backend knows about itself: that a call made in it is made in a task that has a slot of a cluster.
 *
 * @param lane how its Dask worker knows it
 * @param schedulerAddress its cluster
 * @param depth how many worker JVMs deep it is
 */
record Outer(String lane, String schedulerAddress, int depth) {
    static final String LANE = "HEDDLE_DASK_LANE";
    static final String SCHEDULER = "DASK_SCHEDULER_ADDRESS";
    static final String DEPTH = "HEDDLE_WORKER_DEPTH";

    /** loky's bound on workers within workers. */
    static final int MOST_DEPTH = 10;

    /** Of this JVM; empty where it is no worker of the backend. */
    static final Optional<Outer> OWN = of(System.getenv());

    static Optional<Outer> of(Map<String, String> environment) {
        String lane = environment.get(LANE);
        return lane == null
                ? Optional.empty()
                : Optional.of(new Outer(lane, environment.getOrDefault(SCHEDULER, ""), depth(environment)));
    }

    /** How many worker JVMs deep a program is. */
    static int depth(Map<String, String> environment) {
        try {
            return Math.max(0, Integer.parseInt(environment.getOrDefault(DEPTH, "0")));
        } catch (NumberFormatException e) { // not Heddle's
            return 0;
        }
    }
}
