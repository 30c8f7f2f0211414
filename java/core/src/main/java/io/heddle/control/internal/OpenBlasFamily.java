package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.NativeLibrary;
import io.heddle.ffi.OpenBlasFunctions;
import io.heddle.ffi.OpenMpFunctions;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** OpenBLAS in all its builds. */
final class OpenBlasFamily implements LibraryFamily {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");
    private static final int PARALLEL_OPENMP = 2;

    @Override
    public List<String> prefixes() {
        return List.of("libopenblas", "libscipy_openblas", "openblas", "libblas", "liblapack");
    }

    @Override
    public Optional<LibraryController> bind(
            NativeLibrary library, Path file, String prefix, Map<String, LibraryController> controllers) {
        return OpenBlasFunctions.of(library).map(functions -> {
            Optional<LibraryController> runtime = functions.parallel().orElse(-1) == PARALLEL_OPENMP
                    ? OpenMpFunctions.runtimeOf(library)
                            .flatMap(name ->
                                    Optional.ofNullable(controllers.get(name)).or(() -> bindRuntime(name, controllers)))
                    : Optional.empty();
            if (functions.parallel().orElse(-1) == PARALLEL_OPENMP && runtime.isEmpty()) {
                LOGGER.log(
                        Level.WARNING,
                        "{0} is built on OpenMP, but no OpenMP runtime was found for it: it cannot be limited. Set OMP_NUM_THREADS"
                                + " before the JVM starts, or use a build on POSIX threads.",
                        file);
            }
            if (runtime.orElse(null) instanceof OpenMpController openMp) {
                openMp.serve(functions);
            }
            return new OpenBlasController(file, prefix, functions, runtime);
        });
    }

    /** A runtime under a file name that tells nothing, or inside the library itself. */
    private static Optional<LibraryController> bindRuntime(String name, Map<String, LibraryController> controllers) {
        Optional<NativeLibrary> runtime = NativeLibrary.loaded(name);
        Optional<LibraryController> bound =
                runtime.flatMap(open -> new OpenMpFamily().bind(open, NativeLibrary.path(name), "", controllers));
        bound.ifPresentOrElse(
                controller -> controllers.put(name, controller), () -> runtime.ifPresent(NativeLibrary::release));
        return bound;
    }
}
