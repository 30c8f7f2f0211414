package io.heddle.dask;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.dask.fixture.DaskCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The own tests of the sidecar's Python package, with a stand-in for the worker JVM. */
final class PythonPackageTest {
    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void itsTestsPass(@TempDir Path folder) throws Exception {
        Path said = folder.resolve("pytest.log");
        Process pytest = new ProcessBuilder(
                        DaskCluster.python(), "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "python/tests")
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            assertThat(pytest.waitFor()).as(() -> text(said)).isZero();
        } finally {
            pytest.descendants().forEach(ProcessHandle::destroyForcibly);
            pytest.destroyForcibly();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
