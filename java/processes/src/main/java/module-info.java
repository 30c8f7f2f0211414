import io.heddle.backend.BackendProvider;
import io.heddle.processes.FreshProcessesProvider;
import io.heddle.processes.ProcessesProvider;
import io.heddle.processes.codec.Codec;
import org.jspecify.annotations.NullMarked;

/** Worker JVMs: the backends {@code processes} and {@code fresh-processes}. */
@NullMarked
@SuppressWarnings("module") // names modules that are built after this one
module io.heddle.processes {
    requires transitive io.heddle;
    requires jdk.net; // the user at the other end of a socket
    requires static java.management; // this JVM's options, where its command line does not tell them
    requires static java.logging; // a worker sends its records where it has them
    requires static transitive org.jspecify;

    exports io.heddle.processes;
    exports io.heddle.processes.codec;
    exports io.heddle.processes.failure;
    exports io.heddle.processes.launch to
            io.heddle.dask;
    exports io.heddle.processes.pool to
            io.heddle.dask,
            io.heddle.ray;
    exports io.heddle.processes.setting to
            io.heddle.dask,
            io.heddle.ray;
    exports io.heddle.processes.wire to
            io.heddle.dask,
            io.heddle.ray;
    exports io.heddle.processes.worker to
            io.heddle.dask,
            io.heddle.ray,
            java.logging;

    provides BackendProvider with
            FreshProcessesProvider,
            ProcessesProvider;

    uses Codec;
}
