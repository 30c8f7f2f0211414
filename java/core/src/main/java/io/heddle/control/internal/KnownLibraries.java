package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import java.util.List;

/**
 * The native libraries known at one moment. Immutable; the array is not to be written to.
 *
 * @param generation the dynamic linker's count of loads when they were listed
 * @param controllers all libraries found, in the order they were found
 * @param targets those that can be limited now, each once, although several libraries may share one runtime
 * @param waiting whether a library was found that cannot be called yet
 */
@SuppressWarnings("ArrayRecordComponent") // read on the path of every limit, where a list's iterator would show
public record KnownLibraries(
        int generation, List<LibraryController> controllers, LimitTarget[] targets, boolean waiting) {}
