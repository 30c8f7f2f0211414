package io.heddle.processes;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendContract;
import io.heddle.processes.fixture.LoopbackBackend;
import org.junit.jupiter.api.AfterAll;

/** The contract of every backend, on workers that come from elsewhere; as far as one JVM can stand for several. */
final class LoopbackBackendTest extends BackendContract {
    private static final LoopbackBackend BACKEND = new LoopbackBackend(null);

    @AfterAll
    static void endWorkers() {
        BACKEND.close();
    }

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}
