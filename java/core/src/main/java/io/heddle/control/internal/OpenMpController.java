package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.ffi.OpenMpFunctions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One OpenMP runtime. Its setter writes the calling thread's nthreads-var, so each thread limits itself.
 *
 * <p>An LLVM runtime that has not been used is not called at all: its first call would initialise it, and where another one is
 * initialised already that ends the process (OMP Error #15). It comes under limits from the first one after its first use.
 */
final class OpenMpController implements LibraryController {
    private final Path file;
    private final String prefix;
    private final OpenMpFunctions functions;
    private final Optional<String> llvmName;
    private volatile boolean ready;

    OpenMpController(Path file, String prefix, OpenMpFunctions functions, Optional<String> llvmName) {
        this.file = file;
        this.prefix = prefix;
        this.functions = functions;
        this.llvmName = llvmName;
        this.ready = llvmName.isEmpty();
    }

    /** Whether the runtime may be called; once true, always true. */
    boolean isReady() {
        if (!ready && LlvmRuntimes.initialised().equals(llvmName)) {
            ready = true;
        }
        return ready;
    }

    @Override
    public LibraryInfo info() {
        return new LibraryInfo(
                UserApi.OPENMP,
                "openmp",
                file,
                prefix,
                Optional.empty(),
                ThreadingLayer.OPENMP,
                Optional.empty(),
                isReady() ? OptionalInt.of(threads()) : OptionalInt.empty(),
                limitScope());
    }

    @Override
    public LimitScope limitScope() {
        return LimitScope.CURRENT_THREAD;
    }

    @Override
    public int threads() {
        return functions.maxThreads();
    }

    @Override
    public int exchange(int threads) {
        int found = functions.maxThreads();
        functions.setNumThreads(threads);
        return found;
    }

    @Override
    public void restore(int setting) {
        functions.setNumThreads(setting);
    }

    @Override
    public Optional<LibraryController> limitedThrough() {
        return isReady() ? Optional.of(this) : Optional.empty();
    }
}
