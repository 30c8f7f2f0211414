package io.heddle.ray;

import io.heddle.backend.Backend;
import io.heddle.backend.InnerLimitContract;
import org.junit.jupiter.api.AfterAll;

/** The contract of every backend, on a cluster. */
final class RayContract extends InnerLimitContract {
    @AfterAll
    static void endWorkers() {
        ray().close();
    }

    /** So that it can be any number of jobs without new actors. */
    private static RayBackend ray() {
        return RayBackend.builder().cpusPerWorker(1).build();
    }

    @Override
    protected Backend backend() {
        return ray();
    }
}
