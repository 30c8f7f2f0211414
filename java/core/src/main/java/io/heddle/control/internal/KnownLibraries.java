package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.LinkMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The libraries known at one moment. Immutable; the array is not to be written to.
 *
 * @param last the record of the library that was loaded last then; null if it is not known
 * @param controllers all libraries found, in the order they were found, and those that a user registered
 * @param targets those that can be limited now, each once, although several libraries may share one runtime
 * @param waiting whether a library was found that cannot be called yet
 */
@SuppressWarnings("ArrayRecordComponent") // read on the path of every limit, where a list's iterator would show
public record KnownLibraries(
        @Nullable LinkMap last, List<LibraryController> controllers, LimitTarget[] targets, boolean waiting) {
    /** Whether nothing was loaded since. */
    boolean isComplete() {
        return last != null && last.isLast();
    }
}
