package io.heddle.ray.cluster;

import io.ray.api.Ray;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/*
 * Ray's Java half compares no versions, as its Python half does: a jar of 2.59 works with a cluster of 2.60, one of 2.40 fails with a
 * NullPointerException. Its API tells none either. The jar's is written beside it where it lies in a Python installation; the cluster's is
 * in its head, for Python drivers to compare.
 */
/**
 * The version of Ray here and in the cluster.
 *
 * @param jar where this process has Ray's jar from
 * @param here the version of that; empty if the jar lies outside of Ray's Python package
 * @param cluster the cluster's; empty if its head did not tell
 */
record Versions(String jar, Optional<String> here, Optional<String> cluster) {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.ray");
    private static final Pattern OF_PACKAGE = Pattern.compile("(?m)^version = \"([^\"]+)\"");
    private static final Pattern OF_CLUSTER = Pattern.compile("\"ray_version\": *\"([^\"]+)\"");

    /** As they are. To be asked when Ray has been in touch with the head. */
    static Versions now() {
        Path jar = raysJar();
        return new Versions(jar.toString(), ofJar(jar), clusters());
    }

    boolean differ() {
        return here.isPresent() && cluster.isPresent() && !here.equals(cluster);
    }

    /** What to do where they differ. */
    String difference(String address) {
        return "This process has Ray " + here.orElse("?") + " (" + jar + "), and the Ray cluster at " + address
                + " has Ray " + cluster.orElse("?") + ", which only its own version may join. " + RayJar.WHERE;
    }

    /** For a failure that may come of a difference. */
    String hint() {
        return "The cluster has Ray " + cluster.orElse("of an unknown version") + ", this process "
                + here.orElse("an unknown version") + " (" + jar + ")";
    }

    private static Path raysJar() {
        CodeSource source = Ray.class.getProtectionDomain().getCodeSource();
        try {
            return source == null ? Path.of("?") : Path.of(source.getLocation().toURI());
        } catch (URISyntaxException | RuntimeException e) {
            return Path.of("?");
        }
    }

    /** {@code ray/jars/ray_dist.jar} lies beside {@code ray/_version.py}. */
    static Optional<String> ofJar(Path jar) {
        Path jars = jar.getParent();
        if (jars == null || jars.getParent() == null) {
            return Optional.empty();
        }
        try {
            return first(OF_PACKAGE, Files.readString(jars.resolveSibling("_version.py")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> clusters() {
        try {
            byte[] value = RayInternals.clusterValue("cluster", "CLUSTER_METADATA");
            return value == null ? Optional.empty() : first(OF_CLUSTER, new String(value, StandardCharsets.UTF_8));
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            LOGGER.log(Level.DEBUG, "The version of the Ray cluster cannot be looked up", e);
            return Optional.empty();
        }
    }

    private static Optional<String> first(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
