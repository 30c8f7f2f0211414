package io.heddle.ray;

import io.heddle.backend.Backend;
import io.heddle.backend.InnerLimitContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;

/** The contract of every backend, on a cluster. */
final class RayContract extends InnerLimitContract {
    @AfterAll
    static void endWorkers() {
        ray().close();
    }

    /** The contract's own classes are in Heddle's packages: they belong beside Heddle's on the actors' class path. */
    private static RayBackend ray() {
        return RayBackend.builder().cpusPerWorker(1).jars(tests()).build();
    }

    private static String tests() {
        try {
            return Path.of(InnerLimitContract.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Backend backend() {
        return ray();
    }
}
