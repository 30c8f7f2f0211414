package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.control.internal.NativeFamily.Known;
import io.heddle.ffi.Environment;
import io.heddle.ffi.MklFunctions;
import io.heddle.ffi.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
 * dispatcher chooses then is what that first call would have chosen. The exception is where that could end the process, since LLVM's OpenMP
 * runtime is loaded too (OMP Error #15), or a layer's file is missing (exit status 2): there it is left alone until it was used.
 */
final class MklController implements LibraryController, LibraryRegistry.Waiting {
    private static final Pattern VERSION = Pattern.compile("Version (\\d+(?:\\.\\d+)*)");

    /** The layers' common part, which a dispatcher loads at its first use. */
    private static final String[] CORES = {"libmkl_core.so.2", "libmkl_core.so.1", "libmkl_core.so"};

    private final LibraryFile file;
    private final String prefix;
    private final MklFunctions functions;
    private final Known known;
    private volatile boolean used;

    MklController(LibraryFile file, String prefix, MklFunctions functions, Known known) {
        this.file = file;
        this.prefix = prefix;
        this.functions = functions;
        this.known = known;
        this.used = !functions.isDispatcher();
    }

    /** Whether its layers are loaded; once true, always true. A layer that was chosen only is not. */
    boolean isUsed() {
        for (int i = 0; i < CORES.length && !used; i++) {
            Optional<NativeLibrary> core = NativeLibrary.loaded(CORES[i]);
            core.ifPresent(NativeLibrary::release);
            used = core.isPresent();
        }
        return used;
    }

    /** The threading layer that a dispatcher is going to take: as it was told, else as the environment says. */
    private String chosenLayer() {
        ThreadingLayer chosen = layer(functions.threadingLayer()); // the one question that loads and fixes nothing
        return chosen == ThreadingLayer.UNKNOWN
                ? Environment.get("MKL_THREADING_LAYER").orElse("").strip().toUpperCase(Locale.ROOT)
                : chosen.name();
    }

    /** Whether the first use would find every file; without one MKL ends the process. */
    private boolean isComplete() {
        String interfaceLayer =
                Environment.get("MKL_INTERFACE_LAYER").orElse("").strip();
        return hasFiles(file.path(), chosenLayer(), interfaceLayer.toUpperCase(Locale.ROOT));
    }

    /** Whether the files lie beside a dispatcher that it is going to load for a threading layer and an interface layer. */
    static boolean hasFiles(Path dispatcher, String threadingLayer, String interfaceLayer) {
        List<String> wanted = new ArrayList<>(List.of("libmkl_core.so"));
        wanted.addAll(
                switch (threadingLayer) {
                    case "SEQUENTIAL" -> List.of("libmkl_sequential.so");
                    case "TBB" -> List.of("libmkl_tbb_thread.so");
                    case "GNU" -> List.of("libmkl_gnu_thread.so");
                    // it chooses by what is loaded, also where INTEL is set
                    default -> List.of("libmkl_intel_thread.so", "libiomp5.so", "libmkl_gnu_thread.so");
                });
        wanted.add("libmkl_" + (interfaceLayer.contains("GNU") ? "gf_" : "intel_")
                + (interfaceLayer.contains("ILP64") ? "ilp64.so" : "lp64.so"));
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

    /** Whether the first use may load Intel's runtime beside LLVM's: the second of them that is used ends the process. */
    private boolean wouldClash() {
        return !List.of("SEQUENTIAL", "TBB", "GNU").contains(chosenLayer())
                && known.all().stream()
                        .anyMatch(each ->
                                each instanceof OpenMpController openMp && openMp.isLlvm() && !openMp.isIntels());
    }

    /** Whether it is left alone until it was used. */
    @Override
    public boolean isWaiting() {
        return !used && (wouldClash() || !isComplete());
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
        int found = functions.setNumThreadsLocal(threads);
        used = true; // by now, if not before
        return found;
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
        if (isUsed()) {
            return Optional.of(this);
        }
        boolean clash = wouldClash();
        if (!clash && isComplete()) {
            return Optional.of(this);
        }
        Advice.unusedMkl(file, clash);
        return Optional.empty();
    }
}
