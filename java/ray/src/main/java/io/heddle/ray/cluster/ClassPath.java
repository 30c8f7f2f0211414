package io.heddle.ray.cluster;

import io.heddle.processes.failure.BrokenPoolException;
import io.ray.api.Ray;
import io.ray.api.exception.RayException;
import io.ray.api.function.PyFunction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * Ray's Java API can name a package for a class path but not upload one, so a function of Ray's own Python package does that, in a Python
 * worker of the cluster. The cluster forgets a package when no actor uses it: it is sent before the first actor of each time.
 */
/** Sees to it that the nodes have what the actors' class path needs. Thread-safe. */
final class ClassPath {
    private static final PyFunction<Boolean> PUT =
            PyFunction.of("ray.experimental.internal_kv", "_internal_kv_put", Boolean.class);

    private final RaySettings settings;
    private @Nullable HeddleJars packed; // guarded by this

    ClassPath(RaySettings settings) {
        this.settings = settings;
    }

    /** Whether the nodes have Heddle and the caller's classes. */
    boolean isOnNodes() {
        return !settings.codeSearchPath().isEmpty();
    }

    /**
     * Sends what is to be sent.
     *
     * @return addresses for the nodes to fetch from
     * @throws BrokenPoolException if it could not be sent
     */
    synchronized List<String> send() {
        List<String> addresses = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        for (String jar : settings.jars()) {
            if (jar.contains("://")) {
                addresses.add(jar);
            } else {
                files.add(file(jar));
            }
        }
        if (isOnNodes() && files.isEmpty()) {
            return addresses;
        }
        HeddleJars jars = packed;
        if (jars == null) {
            jars = HeddleJars.pack(files);
            packed = jars;
        }
        try {
            var _ = Ray.task(PUT, jars.uri(), jars.bytes())
                    .setResource("CPU", 0.0)
                    .remote()
                    .get(settings.startTimeout().toMillis());
        } catch (RayException | IllegalArgumentException e) {
            throw new BrokenPoolException(
                    "The class path of the actors could not be sent to the Ray cluster, which takes a Python worker there: "
                            + e + ". Or put Heddle's jars and your own on the nodes and say where by codeSearchPath",
                    e);
        }
        addresses.addFirst(jars.uri());
        return addresses;
    }

    private static Path file(String jar) {
        Path file = Path.of(jar);
        if (!Files.exists(file)) {
            throw new BrokenPoolException(
                    "jars has \"" + jar
                            + "\", which is not here: give jars or folders of this machine, which are sent, or addresses with https:// and the like");
        }
        return file;
    }
}
