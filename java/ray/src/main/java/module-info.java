import io.heddle.backend.BackendProvider;
import io.heddle.ray.RayProvider;
import org.jspecify.annotations.NullMarked;

/** The backend {@code ray}: tasks on a Ray cluster. Ray itself, {@code ray_dist.jar}, belongs on the class path. */
@NullMarked
module io.heddle.ray {
    requires transitive io.heddle.processes;
    requires static transitive org.jspecify;

    exports io.heddle.ray;

    provides BackendProvider with
            RayProvider;
}
