import io.heddle.backend.BackendProvider;
import io.heddle.dask.DaskProvider;
import org.jspecify.annotations.NullMarked;

/** Tasks on a Dask cluster: the backend {@code dask}. */
@NullMarked
module io.heddle.dask {
    requires transitive io.heddle.processes;
    requires static transitive org.jspecify;

    exports io.heddle.dask;

    provides BackendProvider with
            DaskProvider;
}
