import io.heddle.backend.BackendProvider;
import io.heddle.processes.FreshProcessesProvider;
import io.heddle.processes.ProcessesProvider;
import io.heddle.processes.codec.Codec;
import org.jspecify.annotations.NullMarked;

/** Worker JVMs: the backends {@code processes} and {@code fresh-processes}. */
@NullMarked
module io.heddle.processes {
    requires transitive io.heddle;
    requires jdk.net; // the user at the other end of a socket
    requires static java.logging; // a worker sends its records where it has them
    requires static transitive org.jspecify;

    exports io.heddle.processes;
    exports io.heddle.processes.codec;
    exports io.heddle.processes.failure;
    exports io.heddle.processes.worker to
            java.logging;

    provides BackendProvider with
            FreshProcessesProvider,
            ProcessesProvider;

    uses Codec;
}
