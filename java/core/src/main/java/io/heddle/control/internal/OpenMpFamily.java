package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.OpenMpFunctions;
import java.util.List;
import java.util.Optional;

/** The OpenMP runtimes: GNU's libgomp, LLVM's libomp, Intel's libiomp5. */
final class OpenMpFamily implements NativeFamily {
    @Override
    public List<String> prefixes() {
        return List.of("libgomp", "libomp", "libiomp", "vcomp");
    }

    @Override
    public List<String> symbols() {
        return List.of("omp_set_num_threads");
    }

    @Override
    public Optional<LibraryController> bind(Candidate candidate, Known known) {
        return OpenMpFunctions.of(candidate.library())
                .map(functions -> new OpenMpController(
                        candidate.file(),
                        candidate.prefix(),
                        functions,
                        LlvmRuntimes.is(candidate.library())
                                ? Optional.of(candidate.library().name())
                                : Optional.empty()));
    }
}
