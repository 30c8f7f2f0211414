package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.ffi.Environment;
import io.heddle.ffi.MklFunctions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One loaded MKL, limited for the calling thread.
 *
 * <p>The first call of any of its functions makes a dispatcher choose its threading layer by what else is loaded, and load it. So an MKL
 * that has not been used is described but not asked. A limit does set it, or the first call under the limit would be free of it: what the
 * dispatcher chooses then is what that first call would have chosen. The exception is where that could end the process, since another LLVM
 * or Intel OpenMP runtime is initialised already (OMP Error #15), or the layer's file is missing (exit status 2): there it is left alone
 * until it was used.
 */
final class MklController implements LibraryController, LibraryRegistry.Waiting {
    private static final Pattern VERSION = Pattern.compile("Version (\\d+(?:\\.\\d+)*)");

    /** What a dispatcher answers that has not chosen its layer; that question alone loads and fixes nothing. */
    private static final int NOT_CHOSEN = -1;

    private final LibraryFile file;
    private final String prefix;
    private final MklFunctions functions;
    private final boolean complete;
    private final boolean mayTakeIntel;
    private volatile boolean used;

    MklController(LibraryFile file, String prefix, MklFunctions functions) {
        this.file = file;
        this.prefix = prefix;
        this.functions = functions;
        this.used = !functions.isDispatcher();
        String layer = Environment.get("MKL_THREADING_LAYER").orElse("").strip().toUpperCase(Locale.ROOT);
        this.complete = used || hasLayer(file.path(), layer);
        this.mayTakeIntel = !List.of("SEQUENTIAL", "TBB", "GNU").contains(layer);
    }

    /** Whether the files lie beside a dispatcher that it is going to load for a threading layer. */
    static boolean hasLayer(Path dispatcher, String layer) {
        List<String> wanted = switch (layer) {
            case "SEQUENTIAL" -> List.of("libmkl_core.so", "libmkl_sequential.so");
            case "TBB" -> List.of("libmkl_core.so", "libmkl_tbb_thread.so");
            case "GNU" -> List.of("libmkl_core.so", "libmkl_gnu_thread.so");
            // it chooses by what is loaded, also where INTEL is set
            default -> List.of("libmkl_core.so", "libmkl_intel_thread.so", "libiomp5.so", "libmkl_gnu_thread.so");
        };
        Path folder = dispatcher.getParent();
        if (folder == null) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<String> names =
                    files.map(each -> String.valueOf(each.getFileName())).toList();
            return wanted.stream().allMatch(want -> names.stream().anyMatch(name -> name.startsWith(want)));
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether its layers are loaded; once true, always true. */
    boolean isUsed() {
        if (!used && functions.threadingLayer().orElse(NOT_CHOSEN) != NOT_CHOSEN) {
            used = true;
        }
        return used;
    }

    /** Whether it is left alone until it was used. */
    @Override
    public boolean isWaiting() {
        return !used && (!complete || (mayTakeIntel && LlvmRuntimes.lastSeen().isPresent()));
    }

    /** The version in {@code MKL_Get_Version_String}'s text. */
    static Optional<String> version(String text) {
        Matcher matcher = VERSION.matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    static ThreadingLayer layer(OptionalInt layer) {
        return switch (layer.orElse(-1)) {
            case 0 -> ThreadingLayer.INTEL;
            case 1 -> ThreadingLayer.SEQUENTIAL;
            case 3 -> ThreadingLayer.GNU;
            case 4 -> ThreadingLayer.TBB;
            default -> ThreadingLayer.UNKNOWN;
        };
    }

    @Override
    public LibraryInfo info() {
        boolean ask = isUsed();
        return new LibraryInfo(
                UserApi.BLAS,
                "mkl",
                file.path(),
                prefix,
                ask ? functions.version().flatMap(MklController::version) : Optional.empty(),
                ask ? layer(functions.threadingLayer()) : ThreadingLayer.UNKNOWN,
                Optional.empty(),
                ask ? OptionalInt.of(threads()) : OptionalInt.empty(),
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
        return functions.setNumThreadsLocal(threads);
    }

    @Override
    public void restore(int setting) {
        functions.setNumThreadsLocal(setting);
    }

    @Override
    public boolean settingIsThreads() {
        return false;
    }

    @Override
    public Optional<LibraryController> limitedThrough() {
        if (isUsed()
                || (complete && (!mayTakeIntel || LlvmRuntimes.initialised().isEmpty()))) {
            return Optional.of(this);
        }
        Advice.unusedMkl(file, complete);
        return Optional.empty();
    }
}
