package io.heddle.processes;

import io.heddle.backend.Backend;
import io.heddle.backend.InnerLimitContract;
import io.heddle.processes.fixture.Children;
import org.junit.jupiter.api.AfterAll;

/** The contract of every backend, on reused worker processes. */
final class ProcessesBackendTest extends InnerLimitContract {
    private static final ProcessesBackend BACKEND = ProcessesBackend.create();

    @AfterAll
    static void endWorkers() {
        BACKEND.close();
        Children.awaitNone();
    }

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}
