package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.BlisFunctions;
import java.util.List;
import java.util.Optional;

/** BLIS in all its builds. */
final class BlisFamily implements NativeFamily {
    @Override
    public List<String> prefixes() {
        return List.of("libblis");
    }

    @Override
    public List<String> symbols() {
        return List.of("bli_thread_set_num_threads");
    }

    @Override
    public Optional<LibraryController> bind(Candidate candidate, Known known) {
        return BlisFunctions.of(candidate.library())
                .map(functions -> new BlisController(candidate.file(), candidate.prefix(), functions));
    }
}
