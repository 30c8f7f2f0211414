package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.NativeLibrary;
import io.heddle.ffi.OpenMpFunctions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The OpenMP runtimes: GNU's libgomp, LLVM's libomp, Intel's libiomp5. */
final class OpenMpFamily implements LibraryFamily {
    @Override
    public List<String> prefixes() {
        return List.of("libgomp", "libomp", "libiomp", "vcomp");
    }

    @Override
    public Optional<LibraryController> bind(
            NativeLibrary library, Path file, String prefix, Map<String, LibraryController> controllers) {
        return OpenMpFunctions.of(library)
                .map(functions -> new OpenMpController(
                        file,
                        prefix,
                        functions,
                        LlvmRuntimes.is(library) ? Optional.of(library.name()) : Optional.empty()));
    }
}
