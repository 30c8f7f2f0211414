package io.heddle.dask;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendProvider;
import java.util.Map;
import java.util.Set;

/** Provides {@code dask}: tasks on a Dask cluster. Thread-safe. */
public final class DaskProvider implements BackendProvider {
    /** For the service loader. */
    public DaskProvider() {}

    @Override
    public String name() {
        return DaskBackend.NAME;
    }

    @Override
    public Set<String> options() {
        return Options.BY_NAME.names();
    }

    @Override
    public Backend create(Map<String, Object> options) {
        return Options.BY_NAME.apply(DaskBackend.builder(), options).build();
    }
}
