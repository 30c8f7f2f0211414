import io.heddle.backend.BackendProvider;
import io.heddle.control.LibraryFamily;
import org.jspecify.annotations.NullMarked;

/**
 * Heddle: parallel tasks over workers, and control of the threads that native numeric libraries start.
 *
 * <p>{@link io.heddle.Parallel} spreads tasks over workers, {@link io.heddle.ParallelConfig} sets the default backend of every
 * {@code Parallel} called inside it, {@link io.heddle.NativeThreads} lists and limits the native thread pools of this process.
 *
 * <p>Every native call of Heddle is made in this module: {@code --enable-native-access=io.heddle} is the only flag a user needs.
 */
@NullMarked
@SuppressWarnings("module") // the modules of its qualified exports are built after this one
module io.heddle {
    requires static jdk.jfr; // records where the runtime has it
    requires static transitive org.jspecify;

    exports io.heddle;
    exports io.heddle.backend;
    exports io.heddle.control;
    exports io.heddle.limit;
    exports io.heddle.ffi to
            io.heddle.cli,
            io.heddle.openblas;
    exports io.heddle.limit.internal to
            io.heddle.openblas;
    exports io.heddle.topology to
            io.heddle.cli;

    uses BackendProvider;
    uses LibraryFamily;
}
