package io.heddle.control;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is known of one loaded native library that starts threads. Immutable.
 *
 * @param userApi the interface that users call
 * @param internalApi who implements it: {@code openblas}, {@code openmp}
 * @param path the library's file, links resolved
 * @param prefix the file-name prefix it was recognised by, such as {@code libopenblas}
 * @param version the library's own version; empty if it tells none
 * @param threadingLayer what it starts its threads with
 * @param architecture the processor kernel it chose, such as {@code Haswell}; empty if it tells none
 * @param threads the number of threads it may use for the calling thread's next call; empty while it cannot be asked safely (an LLVM
 *     OpenMP runtime that has not been used yet: asking would initialise it, and a second one in a process aborts)
 * @param limitScope whom a limit on it affects
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
        LimitScope limitScope) {}
