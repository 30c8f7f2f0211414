import io.heddle.backend.BackendProvider;
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
@SuppressWarnings("module") // heddle-openblas is built after this module
module io.heddle {
    requires static transitive org.jspecify;

    exports io.heddle;
    exports io.heddle.backend;
    exports io.heddle.control;
    exports io.heddle.limit;
    exports io.heddle.ffi to
            io.heddle.openblas;

    uses BackendProvider;
}
