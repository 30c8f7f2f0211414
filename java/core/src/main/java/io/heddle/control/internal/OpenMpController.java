package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.ffi.OpenBlasFunctions;
import io.heddle.ffi.OpenMpFunctions;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One OpenMP runtime. Its setter writes the calling thread's nthreads-var, so each thread limits itself.
 *
 * <p>An LLVM runtime that has not been used is not called at all: its first call would initialise it, and where another one is
 * initialised already that ends the process (OMP Error #15). It comes under limits from the first one after its first use.
 *
 * <p>Where an OpenBLAS takes its threads from the runtime, a thread gets either 1 or the number that OpenBLAS has for the process. At any
 * other number OpenBLAS 0.3.21 resizes its buffers for the process in the middle of other threads' calls, whose results are then wrong.
 */
final class OpenMpController implements LibraryController {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");

    private final Path file;
    private final String prefix;
    private final OpenMpFunctions functions;
    private final Optional<String> llvmName;
    private final List<Served> openBlas = new CopyOnWriteArrayList<>();
    private final AtomicBoolean warned = new AtomicBoolean();
    private volatile boolean ready;

    /** An OpenBLAS that takes its threads from this runtime, and how many it had for the process when it was found. */
    private record Served(OpenBlasFunctions library, int found) {
        int threads() {
            return Math.max(found, library.numThreads());
        }
    }

    OpenMpController(Path file, String prefix, OpenMpFunctions functions, Optional<String> llvmName) {
        this.file = file;
        this.prefix = prefix;
        this.functions = functions;
        this.llvmName = llvmName;
        this.ready = llvmName.isEmpty();
    }

    /** Says that an OpenBLAS takes its threads from this runtime. */
    void serve(OpenBlasFunctions library) {
        openBlas.add(new Served(library, library.numThreads()));
    }

    /** Whether the runtime may be called; once true, always true. */
    boolean isReady() {
        if (!ready && LlvmRuntimes.initialised().equals(llvmName)) {
            ready = true;
        }
        return ready;
    }

    /** Whether the runtime may become ready: it was not when asked last, and no other one was initialised either. */
    boolean isWaiting() {
        return !ready && LlvmRuntimes.lastSeen().isEmpty();
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
        functions.setNumThreads(openBlas.isEmpty() ? threads : oneOrAll(threads));
        return found;
    }

    private int oneOrAll(int threads) {
        int all = openBlas.stream().mapToInt(Served::threads).max().orElse(threads);
        if (threads >= all) {
            return all;
        }
        if (threads > 1 && warned.compareAndSet(false, true)) {
            LOGGER.log(
                    Level.WARNING,
                    "A limit of {0} threads on {1} is held at 1: an OpenBLAS built on it gives wrong results unless every thread uses 1"
                            + " or {2}. For limits in between take an OpenBLAS on POSIX threads, such as heddle-openblas.",
                    threads,
                    file,
                    all);
        }
        return 1;
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
