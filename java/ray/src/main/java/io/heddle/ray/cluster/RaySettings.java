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
        Map<String, String> environment,
        List<String> jvmOptions,
        @Nullable String javaHome,
        int maxFrameBytes,
        String loggingLevel) {
    /** How long a cluster or an actor may take where nobody says otherwise. */
    public static final Duration DEFAULT_START_TIMEOUT = Duration.ofSeconds(60);

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
        if (startTimeout.isNegative() || startTimeout.isZero()) {
            throw new IllegalArgumentException("startTimeout = " + startTimeout + ": give a positive duration");
        }
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
}
