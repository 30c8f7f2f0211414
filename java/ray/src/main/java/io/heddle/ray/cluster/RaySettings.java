package io.heddle.ray.cluster;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a cluster and what its actors are like. Pools of equal settings can share their actors.
 *
 * @param address the cluster's {@code host:port}; null for what {@link Address} finds
 * @param namespace Ray's namespace for the job; empty for one of its own
 * @param codeSearchPath folders and jars on the nodes that have Heddle and the caller's classes; empty where they are sent
 * @param jars more jars for the actors' class path: files here, which are sent, or addresses that the nodes fetch from
 * @param cpusPerWorker the CPUs that Ray is to set aside for each actor; 0 for its share
 * @param startTimeout how long to wait for the cluster, and for an actor
 * @param headTimeout how long the cluster's head may be away before calls fail
 * @param environment variables for the actors, which win over everything else
 * @param jvmOptions options for the actors' JVMs after Heddle's own
 * @param javaHome the JDK on the nodes; null for the {@code java} that Ray found when it was started there
 * @param maxFrameBytes the bound on what is sent to or from an actor in one piece
 * @param loggingLevel what Ray is to log of itself
 */
public record RaySettings(
        @Nullable String address,
        String namespace,
        List<String> codeSearchPath,
        List<String> jars,
        double cpusPerWorker,
        Duration startTimeout,
        Duration headTimeout,
        Map<String, String> environment,
        List<String> jvmOptions,
        @Nullable String javaHome,
        int maxFrameBytes,
        String loggingLevel) {
    /** How long the head may be away where nobody says otherwise: half of the time after which Ray ends the process. */
    public static final Duration DEFAULT_HEAD_TIMEOUT = Duration.ofSeconds(30);

    /**
     * Made of copies.
     *
     * @throws IllegalArgumentException if a number is out of its range
     */
    public RaySettings {
        codeSearchPath = List.copyOf(codeSearchPath);
        jars = List.copyOf(jars);
        environment = Map.copyOf(environment);
        jvmOptions = List.copyOf(jvmOptions);
        if (!(cpusPerWorker >= 0) || cpusPerWorker > 1_000_000) {
            throw new IllegalArgumentException("cpusPerWorker = " + cpusPerWorker
                    + ": give the CPUs that Ray is to set aside for each worker, for instance 1 or 0.5");
        }
        requirePositive("startTimeout", startTimeout);
        requirePositive("headTimeout", headTimeout);
        if (maxFrameBytes < 1024) {
            throw new IllegalArgumentException("maxFrameBytes = " + maxFrameBytes + ": give 1024 or more");
        }
        for (String option : jvmOptions) {
            if (!option.startsWith("-")) {
                throw new IllegalArgumentException(
                        "jvmOptions has \"" + option
                                + "\", which java would take for the main class: give each option as one text, with its value after \"=\"");
            }
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(name + " = " + value + ": give a positive duration");
        }
    }
}
