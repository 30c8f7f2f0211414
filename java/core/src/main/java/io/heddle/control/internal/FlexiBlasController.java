package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.control.internal.NativeFamily.Known;
import io.heddle.ffi.FlexiBlasFunctions;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One loaded FlexiBLAS. It forwards the number of threads to its current back end. Where that is a library with a controller of its own,
 * known by the back end's name, a limit goes there directly: the same number through two controllers would look like a change by other code.
 */
final class FlexiBlasController implements LibraryController {
    private final LibraryFile file;
    private final String prefix;
    private final FlexiBlasFunctions functions;
    private final Known known;

    FlexiBlasController(LibraryFile file, String prefix, FlexiBlasFunctions functions, Known known) {
        this.file = file;
        this.prefix = prefix;
        this.functions = functions;
        this.known = known;
    }

    @Override
    public LibraryInfo info() {
        Map<String, String> details = new HashMap<>();
        functions.currentBackend().ifPresent(name -> details.put("currentBackend", name));
        details.put("loadedBackends", String.join(", ", functions.loadedBackends()));
        details.put("availableBackends", String.join(", ", functions.availableBackends()));
        Optional<LibraryController> through = through();
        return new LibraryInfo(
                UserApi.BLAS,
                "flexiblas",
                file.path(),
                prefix,
                functions.version(),
                through.map(each -> each.info().threadingLayer()).orElse(ThreadingLayer.UNKNOWN),
                through.flatMap(each -> each.info().architecture()),
                OptionalInt.of(threads()),
                through.map(LibraryController::limitScope).orElse(LimitScope.PROCESS),
                details);
    }

    /** The back end's own library: of the same name, a {@code pthread} or {@code openmp} in it fitting too. */
    private Optional<LibraryController> through() {
        String backend = functions.currentBackend().orElse("").toLowerCase(Locale.ROOT);
        return known.all().stream()
                .filter(each -> each != this && isOf(each.info(), backend))
                .findFirst();
    }

    private static boolean isOf(LibraryInfo library, String backend) {
        boolean openMp = library.threadingLayer() == ThreadingLayer.OPENMP;
        return backend.contains(library.internalApi())
                && library.userApi() == UserApi.BLAS
                && (!backend.contains("openmp") || openMp)
                && (!backend.contains("pthread") || !openMp);
    }

    @Override
    public LimitScope limitScope() {
        return LimitScope.PROCESS;
    }

    @Override
    public int threads() {
        return Math.max(1, functions.numThreads());
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
    public boolean settingIsThreads() {
        return false;
    }

    @Override
    public Optional<LibraryController> limitedThrough() {
        return through().map(LibraryController::limitedThrough).orElse(Optional.of(this));
    }
}
