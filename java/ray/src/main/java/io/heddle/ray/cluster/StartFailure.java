package io.heddle.ray.cluster;

import io.heddle.processes.failure.BrokenPoolException;

/** Says why no actor came to be, and what to do. */
final class StartFailure {
    /** In Ray's words. */
    private static final String NODE_LOST = "its node has died";

    private StartFailure() {}

    /** Whether it was the node's end, so that another actor may fare better. */
    static boolean isOfNode(BrokenPoolException failure) {
        return String.valueOf(failure.getMessage()).contains(NODE_LOST);
    }

    static String late(Nodes nodes, double demand, RaySettings settings) {
        String asked = "A Ray actor with " + Nodes.text(demand) + " CPUs did not start within "
                + settings.startTimeout() + ": ";
        return nodes.room(demand) == 0
                ? asked + "no node of the cluster has so many. It has " + nodes
                        + ". Ask for fewer by innerMaxNumThreads or cpusPerWorker, or start a larger node"
                : asked
                        + "the CPUs of the cluster seem to be taken by others (`ray status` says by whom), or its nodes have no java on the"
                        + " PATH that `ray start` had. It has " + nodes
                        + ". End what holds them, ask for less by cpusPerWorker or jobs, or raise startTimeout";
    }

    static String died(String cause, RaySettings settings) {
        return "A Ray actor died when it started: " + cause
                + ". The usual reasons: the node's java is older than JDK 25, which Heddle needs ("
                + (settings.javaHome() == null
                        ? "it is the one of the PATH that `ray start` had; say another by the option javaHome"
                        : "javaHome = " + settings.javaHome() + ", is it there on every node?")
                + "), or jvmOptions has one that it does not know. Its log is on the node, in Ray's session folder,"
                + " logs/java-worker-*";
    }
}
