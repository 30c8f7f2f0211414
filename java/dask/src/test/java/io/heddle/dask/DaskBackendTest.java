package io.heddle.dask;

import io.heddle.Parallel;
import io.heddle.backend.Backend;
import io.heddle.backend.InnerLimitContract;
import io.heddle.dask.fixture.DaskCluster;
import io.heddle.dask.fixture.Remains;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract of every backend, on a real cluster of two Dask workers that have as many slots together as this machine has CPUs. */
final class DaskBackendTest extends InnerLimitContract {
    private static DaskCluster cluster;

    @BeforeAll
    static void startCluster() {
        cluster = DaskCluster.start(2, Math.max(Parallel.usableCpus() / 2, 1));
    }

    @AfterAll
    static void stopCluster() {
        if (cluster != null) {
            make().close();
            Remains.awaitNoWorkerJvm();
            cluster.close();
        }
    }

    private static DaskBackend make() {
        return DaskBackend.builder()
                .schedulerAddress(cluster.address())
                .python(DaskCluster.python())
                .javaHome(System.getProperty("java.home"))
                .build();
    }

    @Override
    protected Backend backend() {
        return make();
    }
}
