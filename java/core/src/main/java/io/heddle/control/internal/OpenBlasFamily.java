package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.OpenBlasFunctions;
import io.heddle.ffi.OpenMpFunctions;
import java.util.List;
import java.util.Optional;

/** OpenBLAS in all its builds. */
final class OpenBlasFamily implements NativeFamily {
    private static final int PARALLEL_OPENMP = 2;

    @Override
    public List<String> prefixes() {
        return List.of("libopenblas", "libscipy_openblas", "openblas", "libblas", "liblapack");
    }

    @Override
    public List<String> symbols() {
        return OpenBlasFunctions.SETTERS;
    }

    @Override
    public Optional<LibraryController> bind(Candidate candidate, Known known) {
        return OpenBlasFunctions.of(candidate.library()).map(functions -> {
            boolean openMp = functions.parallel().orElse(-1) == PARALLEL_OPENMP;
            Optional<LibraryController> runtime =
                    openMp ? OpenMpFunctions.runtimeOf(candidate.library()).flatMap(known::find) : Optional.empty();
            if (openMp && runtime.isEmpty()) {
                Advice.noRuntime(candidate.file());
            }
            if (runtime.orElse(null) instanceof OpenMpController controller) {
                controller.serve(functions);
            }
            Advice.tooManyCpus(candidate.file(), functions.numProcs(), functions.numThreads());
            return new OpenBlasController(candidate.file(), candidate.prefix(), functions, runtime);
        });
    }
}
