package io.heddle.ray.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The version of Ray here and there. */
final class VersionsTest {
    @TempDir
    private Path folder;

    @Test
    void isWrittenBesideAJarThatLiesInAPythonPackage() throws IOException {
        Path jars = Files.createDirectories(folder.resolve("ray/jars"));
        Files.writeString(folder.resolve("ray/_version.py"), "# a comment\ncommit = \"b7f4\"\nversion = \"2.60.0\"\n");
        assertThat(Versions.ofJar(jars.resolve("ray_dist.jar"))).contains("2.60.0");
    }

    @Test
    void isUnknownOfAJarThatLiesElsewhere() {
        assertThat(Versions.ofJar(folder.resolve("lib/ray_dist.jar"))).isEmpty();
        assertThat(Versions.ofJar(Path.of("ray_dist.jar"))).isEmpty();
    }

    @Test
    void differOnlyWhereBothAreKnown() {
        assertThat(versions("2.59.0", "2.60.0").differ()).isTrue();
        assertThat(versions("2.60.0", "2.60.0").differ()).isFalse();
        assertThat(versions(null, "2.60.0").differ()).isFalse();
        assertThat(versions("2.60.0", null).differ()).isFalse();
    }

    @Test
    void areSaidWithWhatToDo() {
        assertThat(versions("2.59.0", "2.60.0").difference("head:6379"))
                .startsWith(
                        "This process has Ray 2.59.0 (/lib/ray_dist.jar), and the Ray cluster at head:6379 has Ray 2.60.0")
                .contains("Put the ray_dist.jar of the cluster's own Ray on the class path", "python3 -c");
        assertThat(versions(null, "2.60.0").hint())
                .isEqualTo("The cluster has Ray 2.60.0, this process an unknown version (/lib/ray_dist.jar)");
    }

    private static Versions versions(String here, String cluster) {
        return new Versions("/lib/ray_dist.jar", Optional.ofNullable(here), Optional.ofNullable(cluster));
    }
}
