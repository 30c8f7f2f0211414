package io.heddle.ray;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendProvider;
import java.util.Map;
import java.util.Set;

/** Provides {@code ray}. Thread-safe. */
public final class RayProvider implements BackendProvider {
    /** For the service loader. */
    public RayProvider() {}

    @Override
    public String name() {
        return RayBackend.NAME;
    }

    @Override
    public Set<String> options() {
        return Options.BY_NAME.names();
    }

    @Override
    public Backend create(Map<String, Object> options) {
        return Options.BY_NAME.apply(RayBackend.builder(), options).build();
    }
}
