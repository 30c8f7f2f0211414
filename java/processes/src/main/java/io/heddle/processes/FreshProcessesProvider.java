package io.heddle.processes;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendProvider;
import java.util.Map;
import java.util.Set;

/** Provides {@code fresh-processes}: worker JVMs that serve one call. Thread-safe. */
public final class FreshProcessesProvider implements BackendProvider {
    /** For the service loader. */
    public FreshProcessesProvider() {}

    @Override
    public String name() {
        return ProcessesBackend.FRESH;
    }

    @Override
    public Set<String> options() {
        return Options.BY_NAME.names();
    }

    @Override
    public Backend create(Map<String, Object> options) {
        return Options.BY_NAME
                .apply(ProcessesBackend.builder(), options)
                .fresh()
                .build(true);
    }
}
