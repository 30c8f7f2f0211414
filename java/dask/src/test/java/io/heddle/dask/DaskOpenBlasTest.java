package io.heddle.dask;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import io.heddle.dask.fixture.DaskCluster;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.NativeFiles;
import io.heddle.fixture.NativeWork;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real OpenBLAS in worker JVMs, whose limit is the whole process's. */
@Timeout(240)
final class DaskOpenBlasTest {
    private static final int ORDER = 600;

    @Test
    void keepsToTheInnerLimitByUse() {
        String[] files = Arrays.stream(NativeFiles.openBlas("libopenblas0-pthread"))
                .map(Path::toString)
                .toArray(String[]::new);
        try (DaskCluster cluster = DaskCluster.start(1, 2);
                DaskBackend backend = DaskBackend.builder()
                        .schedulerAddress(cluster.address())
                        .python(DaskCluster.python())
                        .javaHome(System.getProperty("java.home"))
                        .build()) {
            assertThat(on(backend, 2).range(1, _ -> allowed(files))).containsExactly(2);
            assertThat(on(backend, 2).range(1, _ -> working(files))).containsExactly(2);
            assertThat(on(backend, 1).range(1, _ -> allowed(files))).containsExactly(1);
            assertThat(on(backend, 1).range(1, _ -> working(files))).containsExactly(1);
        }
    }

    private static Parallel on(DaskBackend backend, int inner) {
        return Parallel.builder()
                .backend(backend)
                .jobs(1)
                .innerMaxNumThreads(inner)
                .build();
    }

    /** Loads the library, if it is the first, on a thread by whose name the library's own threads are known. */
    private static int allowed(String[] files) throws InterruptedException {
        return NativeWork.onThread("dask", () -> BlasCalls.open(files).getNumThreads());
    }

    private static int working(String[] files) throws InterruptedException {
        return NativeWork.onThread("dask", () -> {
            BlasCalls.Product product = BlasCalls.open(files).product(ORDER);
            return NativeWork.threadsThatWork(product::multiply);
        });
    }
}
