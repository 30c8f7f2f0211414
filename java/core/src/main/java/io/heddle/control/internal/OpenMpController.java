package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.ffi.Environment;
import io.heddle.ffi.OpenBlasFunctions;
import io.heddle.ffi.OpenMpFunctions;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * One OpenMP runtime. Its setter writes the calling thread's nthreads-var, so each thread limits itself.
 *
 * <p>An LLVM runtime that has not been used is not called at all: its first call would initialise it, and where another one is
 * initialised already that ends the process (OMP Error #15). It comes under limits from the first one after its first use.
 *
 * <p>Where an OpenBLAS takes its threads from the runtime, a thread gets either 1 or the number that OpenBLAS has for the process. At any
 * other number OpenBLAS (0.3.21 and 0.3.34) resizes its buffers for the process in the middle of other threads' calls, whose results are
 * then wrong. Where somebody called {@code openblas_set_num_threads} of a build since 0.3.34, that number is the least: such a build goes on
 * with it and hangs if the runtime has fewer threads.
 */
final class OpenMpController implements LibraryController, LibraryRegistry.Waiting {
    private static final int LONG_SPIN_MILLIS = 1000; // the default is 200

    private final LibraryFile file;
    private final String prefix;
    private final OpenMpFunctions functions;
    private final Optional<String> llvmName;
    private final List<Served> openBlas = new CopyOnWriteArrayList<>();
    private volatile boolean ready;

    /** An OpenBLAS that takes its threads from this runtime, and how many it had for the process when it was found. */
    private record Served(OpenBlasFunctions library, int found) {
        int threads() {
            return Math.max(found, library.numThreads());
        }

        /** Less than the library's own number, where somebody set that by its own setter, hangs. */
        int least() {
            return library.isSetExplicitly() ? library.numThreads() : 1;
        }
    }

    OpenMpController(LibraryFile file, String prefix, OpenMpFunctions functions, Optional<String> llvmName) {
        this.file = file;
        this.prefix = prefix;
        this.functions = functions;
        this.llvmName = llvmName;
        if (llvmName.isEmpty()) {
            becomeReady();
        }
    }

    private void becomeReady() {
        ready = true;
        Optional<String> policy =
                Environment.get("OMP_WAIT_POLICY").filter(value -> value.strip().equalsIgnoreCase("active"));
        Optional<String> spins = isLlvm() ? Optional.empty() : Environment.get("GOMP_SPINCOUNT");
        OptionalInt blocktime = functions.blocktimeMillis();
        if (blocktime.isPresent() ? blocktime.getAsInt() > LONG_SPIN_MILLIS : policy.isPresent()) {
            Advice.spinning(
                    file,
                    blocktime.isPresent()
                            ? "a blocktime of " + blocktime.getAsInt() + " ms"
                            : "OMP_WAIT_POLICY=active");
        } else if (spins.filter(OpenMpController::isLongSpin).isPresent()) {
            Advice.spinning(file, "GOMP_SPINCOUNT=" + spins.get());
        }
    }

    /** Of {@code GOMP_SPINCOUNT}: a number with a unit perhaps, or a word for no end. */
    static boolean isLongSpin(String count) {
        return count.strip().toLowerCase(Locale.ROOT).matches("inf.*|\\d{10,}|\\d{7,}k|\\d{4,}m|\\d+[gt]");
    }

    /** Says that an OpenBLAS takes its threads from this runtime. */
    void serve(OpenBlasFunctions library) {
        openBlas.add(new Served(library, library.numThreads()));
    }

    /** Changes when somebody calls the setter of an OpenBLAS that takes its threads from here: then limits are set anew. */
    int setters() {
        int called = 0;
        for (Served each : openBlas) {
            called += each.library().isSetExplicitly() ? 1 + each.library().numThreads() : 0;
        }
        return called;
    }

    /** Whether an OpenBLAS has that kind of setter. */
    boolean hasSetters() {
        return openBlas.stream().anyMatch(each -> each.library().canTellSetter());
    }

    /** Whether the runtime may be called; once true, always true. */
    boolean isReady() {
        if (!ready && LlvmRuntimes.initialised().equals(llvmName)) {
            becomeReady();
        }
        return ready;
    }

    boolean isLlvm() {
        return llvmName.isPresent();
    }

    /** Whether it is libiomp5, which MKL takes where it is there. */
    boolean isIntels() {
        return llvmName.filter(name -> name.substring(name.lastIndexOf('/') + 1).startsWith("libiomp"))
                .isPresent();
    }

    LibraryFile file() {
        return file;
    }

    /** Whether the runtime may become ready: it was not when asked last, and no other one was initialised either. */
    @Override
    public boolean isWaiting() {
        return !ready && LlvmRuntimes.lastSeen().isEmpty();
    }

    @Override
    public LibraryInfo info() {
        return new LibraryInfo(
                UserApi.OPENMP,
                "openmp",
                file.path(),
                prefix,
                Optional.empty(),
                ThreadingLayer.OPENMP,
                Optional.empty(),
                isReady() ? OptionalInt.of(threads()) : OptionalInt.empty(),
                limitScope(),
                Map.of());
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
        functions.setNumThreads(openBlas.isEmpty() ? threads : allowed(threads));
        return found;
    }

    private int allowed(int threads) {
        int all = openBlas.stream().mapToInt(Served::threads).max().orElse(threads);
        int least = openBlas.stream().mapToInt(Served::least).max().orElse(1);
        return threads >= all ? all : least;
    }

    @Override
    public Optional<String> constraint() {
        if (openBlas.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                openBlas.stream().anyMatch(each -> each.library().isSetExplicitly())
                        ? "somebody called openblas_set_num_threads of an OpenBLAS built on it, which from then on keeps that number and"
                                + " hangs on a smaller one here. Set OMP_NUM_THREADS instead of calling that setter, or set 1 by it"
                        : "an OpenBLAS built on it gives wrong results unless every thread uses 1 thread or the library's own number. For"
                                + " limits in between take an OpenBLAS on POSIX threads, such as heddle-openblas");
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
