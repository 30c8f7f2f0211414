package io.heddle.processes;

import io.heddle.backend.Backend;
import io.heddle.backend.InnerLimitContract;
import io.heddle.processes.fixture.Children;
import org.junit.jupiter.api.AfterAll;

/** The contract of every backend, on processes of each call's own. */
final class FreshProcessesBackendTest extends InnerLimitContract {
    @AfterAll
    static void leavesNoWorker() {
        Children.awaitNone();
    }

    @Override
    protected Backend backend() {
        return ProcessesBackend.builder().fresh().build();
    }
}
