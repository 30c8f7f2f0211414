package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.NativeLibrary;
import io.heddle.ffi.OpenBlasFunctions;
import io.heddle.ffi.OpenMpFunctions;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

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
            NativeLibrary library, Path file, String prefix, Function<String, Optional<LibraryController>> known) {
        return OpenBlasFunctions.of(library).map(functions -> {
            Optional<LibraryController> runtime = functions.parallel().orElse(-1) == PARALLEL_OPENMP
                    ? OpenMpFunctions.runtimeOf(library)
                            .flatMap(name -> known.apply(name).or(() -> bindRuntime(name)))
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
    private static Optional<LibraryController> bindRuntime(String name) {
        OpenMpFamily family = new OpenMpFamily();
        return NativeLibrary.loaded(name)
                .flatMap(runtime -> family.bind(runtime, NativeLibrary.path(name), "", _ -> Optional.empty()));
    }
}
