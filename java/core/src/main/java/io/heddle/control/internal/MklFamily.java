package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.MklFunctions;
import io.heddle.ffi.NativeLibrary;
import java.util.List;
import java.util.Optional;

/**
 * MKL: its dispatcher {@code libmkl_rt}, or the interface layer of a program that was linked to the layers. The dispatcher loads an
 * interface layer too, which is the same library then, and no second one.
 */
final class MklFamily implements NativeFamily {
    @Override
    public List<String> prefixes() {
        return List.of("libmkl_rt");
    }

    @Override
    public List<String> symbols() {
        return List.of("MKL_Set_Num_Threads_Local");
    }

    @Override
    public Optional<LibraryController> bind(Candidate candidate, Known known) {
        return MklFunctions.of(candidate.library())
                .filter(_ -> known.all().stream().noneMatch(MklController.class::isInstance))
                .map(functions -> {
                    if (NativeLibrary.findGlobal("MKL_Set_Num_Threads_Local").isPresent()) {
                        Advice.globalMkl(candidate.file());
                    }
                    return new MklController(candidate.file(), candidate.prefix(), functions, known);
                });
    }
}
