package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.discovery.LoadedLibraries.LoadedLibrary;
import io.heddle.ffi.NativeLibrary;
import io.heddle.ffi.OpenBlasFunctions;
import io.heddle.ffi.OpenMpFunctions;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** OpenBLAS in all its builds. */
final class OpenBlasFamily implements LibraryFamily {
    private static final int PARALLEL_OPENMP = 2;

    @Override
    public List<String> prefixes() {
        return List.of("libopenblas", "libscipy_openblas", "openblas", "libblas", "liblapack");
    }

    @Override
    public Optional<LibraryController> bind(
            NativeLibrary library,
            LoadedLibrary seen,
            String prefix,
            Function<String, Optional<LibraryController>> known) {
        return OpenBlasFunctions.of(library).map(functions -> {
            Optional<LibraryController> runtime = functions.parallel().orElse(-1) == PARALLEL_OPENMP
                    ? OpenMpFunctions.runtimeOf(library).flatMap(known)
                    : Optional.empty();
            return new OpenBlasController(seen.file(), prefix, functions, runtime);
        });
    }
}
