package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.ffi.OpenBlasFunctions;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One loaded OpenBLAS.
 *
 * <p>A build on POSIX threads has one number for the process. A build on OpenMP takes its number from the OpenMP runtime, which keeps
 * one for each thread: it is limited through that runtime, never by {@code openblas_set_num_threads}, which in such a build corrupts
 * results of other threads and whose getter answers for the process what holds for one thread.
 */
final class OpenBlasController implements LibraryController {
    private static final Pattern VERSION = Pattern.compile("OpenBLAS\\s+(\\d+(?:\\.\\d+)*\\S*)");

    private final LibraryFile file;
    private final String prefix;
    private final OpenBlasFunctions functions;
    private final ThreadingLayer layer;
    private final Optional<LibraryController> runtime;

    OpenBlasController(
            LibraryFile file, String prefix, OpenBlasFunctions functions, Optional<LibraryController> runtime) {
        this.file = file;
        this.prefix = prefix;
        this.functions = functions;
        this.layer = layer(functions.parallel());
        this.runtime = runtime;
    }

    private static ThreadingLayer layer(OptionalInt parallel) {
        return switch (parallel.orElse(-1)) {
            case 0 -> ThreadingLayer.SEQUENTIAL;
            case 1 -> ThreadingLayer.PTHREADS;
            case 2 -> ThreadingLayer.OPENMP;
            default -> ThreadingLayer.UNKNOWN;
        };
    }

    /** The version in {@code openblas_get_config}'s text; releases before 0.3 say none. */
    static Optional<String> version(String config) {
        Matcher matcher = VERSION.matcher(config);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    @Override
    public LibraryInfo info() {
        return new LibraryInfo(
                UserApi.BLAS,
                "openblas",
                file.path(),
                prefix,
                functions.config().flatMap(OpenBlasController::version),
                layer,
                functions.corename(),
                limitedThrough()
                        .map(c -> OptionalInt.of(c == this ? threads() : c.threads()))
                        .orElse(OptionalInt.empty()),
                limitScope(),
                Map.of());
    }

    @Override
    public LimitScope limitScope() {
        return layer == ThreadingLayer.OPENMP ? LimitScope.CURRENT_THREAD : LimitScope.PROCESS;
    }

    @Override
    public int threads() {
        return functions.numThreads();
    }

    @Override
    public int exchange(int threads) {
        if (layer == ThreadingLayer.OPENMP) {
            throw new IllegalStateException(
                    file + " is built on OpenMP: its own setter is never called, see limitedThrough()");
        }
        int found = functions.numThreads();
        functions.setNumThreads(threads);
        return found;
    }

    @Override
    public void restore(int setting) {
        functions.setNumThreads(setting);
    }

    @Override
    public Optional<LibraryController> limitedThrough() {
        return layer == ThreadingLayer.OPENMP ? runtime.flatMap(LibraryController::limitedThrough) : Optional.of(this);
    }

    @Override
    public boolean needsLargeStack() {
        return true;
    }
}
