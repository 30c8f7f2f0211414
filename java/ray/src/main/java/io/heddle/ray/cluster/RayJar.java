package io.heddle.ray.cluster;

import io.heddle.ray.actor.HeddleActor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Ray's own jar on the class path. */
final class RayJar {
    /** Which one it is to be. */
    static final String WHERE =
            "Put the ray_dist.jar of the cluster's own Ray on the class path. It lies in the cluster's Python installation; this prints where:"
                    + " python3 -c 'import ray, os; print(os.path.dirname(ray.__file__) + \"/jars/ray_dist.jar\")'";

    private static final System.Logger LOGGER = System.getLogger("io.heddle.ray");
    private static final Pattern UNPACKED =
            Pattern.compile("(/tmp/ray/\\d+)/libcore_worker_library_java\\.(?:so|dylib)$");

    private RayJar() {}

    /**
     * Sees whether it is there. To be called before any other class of Ray's is used.
     *
     * @throws IllegalStateException if it is not; the message says where it is
     */
    static void require() {
        Module module = RayJar.class.getModule();
        ClassLoader loader = RayJar.class.getClassLoader();
        if (module.isNamed() && loader != null) {
            Module ray = loader.getUnnamedModule(); // its jar is no module
            module.addReads(ray);
            module.addOpens(RayJar.class.getPackageName(), ray); // its lambdas are read by reflection
            module.addOpens(HeddleActor.class.getPackageName(), ray);
        }
        try {
            Class.forName(RayInternals.RUNTIME, false, loader);
        } catch (ClassNotFoundException | LinkageError e) {
            throw new IllegalStateException("The backend 'ray' needs Ray's own jar. " + WHERE, e);
        }
    }

    /** Ray unpacks 41 MB of native code for each process and leaves them behind; who has them mapped needs no file. */
    static void removeUnpacked() {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            maps.map(UNPACKED::matcher)
                    .filter(Matcher::find)
                    .map(found -> Path.of(found.group(1)))
                    .distinct()
                    .forEach(RayJar::removeFolder);
        } catch (IOException | RuntimeException e) {
            LOGGER.log(Level.DEBUG, "What Ray has unpacked in /tmp/ray stays there", e);
        }
    }

    private static void removeFolder(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
