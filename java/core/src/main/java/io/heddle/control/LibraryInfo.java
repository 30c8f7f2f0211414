package io.heddle.control;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is known of one loaded native library that starts threads. Immutable.
 *
 * @param userApi the interface that users call
 * @param internalApi who implements it: {@code openblas}, {@code mkl}, {@code blis}, {@code flexiblas}, {@code openmp}, or the name that a
 *     registered controller gives
 * @param path the library's file, links resolved
 * @param prefix the file-name prefix it was recognised by, such as {@code libopenblas}; empty if its file name tells nothing and it was
 *     recognised by its symbols
 * @param version the library's own version; empty if it tells none
 * @param threadingLayer what it starts its threads with
 * @param architecture the processor kernel it chose, such as {@code Haswell}; empty if it tells none
 * @param threads the number of threads it may use for the calling thread's next call; empty while it cannot be asked safely (an LLVM
 *     OpenMP runtime or an MKL that has not been used yet: asking would initialise it)
 * @param limitScope whom a limit on it affects
 * @param details what only this kind of library tells; FlexiBLAS: {@code currentBackend}, {@code loadedBackends},
 *     {@code availableBackends}
 */
public record LibraryInfo(
        UserApi userApi,
        String internalApi,
        Path path,
        String prefix,
        Optional<String> version,
        ThreadingLayer threadingLayer,
        Optional<String> architecture,
        OptionalInt threads,
        LimitScope limitScope,
        Map<String, String> details) {
    /** Copies the details. */
    public LibraryInfo {
        details = Map.copyOf(details);
    }
}
