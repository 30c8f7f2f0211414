package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.ffi.BlisFunctions;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** One loaded BLIS. It has one number for the process; where none was set it computes with one thread. */
final class BlisController implements LibraryController {
    private final LibraryFile file;
    private final String prefix;
    private final BlisFunctions functions;

    BlisController(LibraryFile file, String prefix, BlisFunctions functions) {
        this.file = file;
        this.prefix = prefix;
        this.functions = functions;
    }

    private ThreadingLayer layer() {
        if (functions.openMp().orElse(false)) {
            return ThreadingLayer.OPENMP;
        }
        if (functions.pthreads().orElse(false)) {
            return ThreadingLayer.PTHREADS;
        }
        return functions.openMp().isPresent() && functions.pthreads().isPresent()
                ? ThreadingLayer.DISABLED
                : ThreadingLayer.UNKNOWN;
    }

    @Override
    public LibraryInfo info() {
        return new LibraryInfo(
                UserApi.BLAS,
                "blis",
                file.path(),
                prefix,
                functions.version(),
                layer(),
                functions.architecture(),
                OptionalInt.of(threads()),
                limitScope(),
                Map.of());
    }

    @Override
    public LimitScope limitScope() {
        return LimitScope.PROCESS;
    }

    @Override
    public int threads() {
        return Math.max(1, functions.ways().orElseGet(functions::numThreads));
    }

    @Override
    public int exchange(int threads) {
        int found = functions.numThreads();
        functions.setNumThreads(threads);
        return found;
    }

    @Override
    public void restore(int setting) {
        functions.setNumThreads(setting);
    }

    @Override
    public Optional<String> constraint() {
        return functions.ways().isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "the number of threads of its loops is set (BLIS_JC_NT, BLIS_IC_NT or bli_thread_set_ways) and rules over its"
                                + " number of threads, so no limit holds there. Unset these and set BLIS_NUM_THREADS instead");
    }

    @Override
    public boolean settingIsThreads() {
        return false;
    }
}
