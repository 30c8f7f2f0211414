package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.FlexiBlasFunctions;
import java.util.List;
import java.util.Optional;

/** FlexiBLAS. */
final class FlexiBlasFamily implements NativeFamily {
    @Override
    public List<String> prefixes() {
        return List.of("libflexiblas");
    }

    @Override
    public List<String> symbols() {
        return List.of("flexiblas_set_num_threads");
    }

    @Override
    public Optional<LibraryController> bind(Candidate candidate, Known known) {
        return FlexiBlasFunctions.of(candidate.library())
                .map(functions -> new FlexiBlasController(candidate.file(), candidate.prefix(), functions, known));
    }
}
