package io.heddle.processes;

import io.heddle.backend.Backend;
import io.heddle.backend.InnerLimitContract;
import io.heddle.processes.fixture.Children;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;

/** The contract of every backend, on processes of each call's own. */
@Timeout(300) // of 80 JVMs in one test, also where others use the machine
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
