package io.heddle.processes;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendProvider;
import java.util.Map;
import java.util.Set;

/** Provides {@code processes}: worker JVMs that are kept from call to call. Thread-safe. */
public final class ProcessesProvider implements BackendProvider {
    /** For the service loader. */
    public ProcessesProvider() {}

    @Override
    public String name() {
        return ProcessesBackend.REUSED;
    }

    @Override
    public Set<String> options() {
        return Options.BY_NAME.names();
    }

    @Override
    public Backend create(Map<String, Object> options) {
        return Options.BY_NAME.apply(ProcessesBackend.builder(), options).build(true);
    }
}
