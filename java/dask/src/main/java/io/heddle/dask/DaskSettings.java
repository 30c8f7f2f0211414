package io.heddle.dask;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Which cluster, and how its worker JVMs are started. Backends of equal settings share a sidecar and workers.
 *
 * @param schedulerAddress the scheduler's; empty for what Dask's own configuration says, else a local cluster
 * @param workers those of a local cluster; 0 for Dask's choice
 * @param threadsPerWorker those of a local cluster; 0 for Dask's choice
 * @param python the program that runs the sidecar
 * @param javaHome the JDK on the machines of the Dask workers; empty for what is found there
 * @param tlsCaFile the certificates that the cluster's are checked against; empty for Dask's own configuration
 * @param tlsCertFile the certificate shown to the cluster; empty likewise
 * @param tlsKeyFile its key; empty likewise
 * @param jvmOptions the user's options for worker JVMs
 * @param environment the user's variables for worker JVMs
 * @param maxFrameBytes the bound on what is sent in one piece
 * @param startTimeout how long the cluster, a slot of it, and a worker JVM may each take
 */
record DaskSettings(
        String schedulerAddress,
        int workers,
        int threadsPerWorker,
        String python,
        String javaHome,
        String tlsCaFile,
        String tlsCertFile,
        String tlsKeyFile,
        List<String> jvmOptions,
        Map<String, String> environment,
        int maxFrameBytes,
        Duration startTimeout) {
    DaskSettings {
        jvmOptions = List.copyOf(jvmOptions);
        environment = Map.copyOf(environment);
        if (!schedulerAddress.isEmpty() && (workers > 0 || threadsPerWorker > 0)) {
            throw new IllegalArgumentException(
                    "schedulerAddress is " + schedulerAddress
                            + " and workers or threadsPerWorker are given too, which are of a local cluster: leave the one or the other out");
        }
        if (tlsCertFile.isEmpty() != tlsKeyFile.isEmpty()) {
            throw new IllegalArgumentException(
                    "tlsCertFile and tlsKeyFile belong together: give both or neither, here \"" + tlsCertFile
                            + "\" and \"" + tlsKeyFile + "\"");
        }
    }

    /** The texts that begin a session of the sidecar. */
    String[] start() {
        List<String> texts = new ArrayList<>(List.of("start"));
        add(texts, "address", schedulerAddress);
        add(texts, "workers", workers == 0 ? "" : Integer.toString(workers));
        add(texts, "threadsPerWorker", threadsPerWorker == 0 ? "" : Integer.toString(threadsPerWorker));
        add(texts, "javaHome", javaHome);
        add(texts, "tlsCa", tlsCaFile);
        add(texts, "tlsCert", tlsCertFile);
        add(texts, "tlsKey", tlsKeyFile);
        add(texts, "maxFrameBytes", Integer.toString(maxFrameBytes));
        add(texts, "startSeconds", Double.toString(startTimeout.toMillis() / 1e3));
        if (Outer.OWN.isPresent()) {
            add(texts, "lingerSeconds", "0"); // others of the same call tree wait for the slot
        }
        return texts.toArray(new String[0]);
    }

    private static void add(List<String> texts, String name, String value) {
        if (!value.isEmpty()) {
            texts.add(name);
            texts.add(value);
        }
    }
}
