package io.heddle.cli.stress;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** The numbers of threads that the libraries may use, as the current thread finds them. */
record Numbers(Map<Path, OptionalInt> threads) {
    static Numbers now() {
        return new Numbers(NativeThreads.info().stream()
                .collect(Collectors.toMap(LibraryInfo::path, LibraryInfo::threads, (first, _) -> first)));
    }

    /** How many of these differ now; a library that could not be asked before does not count. */
    long changed() {
        Map<Path, OptionalInt> now = now().threads;
        return threads.entrySet().stream()
                .filter(library -> library.getValue().isPresent())
                .filter(library -> !library.getValue().equals(now.get(library.getKey())))
                .count();
    }
}
