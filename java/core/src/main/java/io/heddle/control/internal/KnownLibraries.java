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
 * @param served the OpenMP runtimes of OpenBLAS builds that go by their own setter once it was called
 * @param setters what these told of such calls
 */
@SuppressWarnings("ArrayRecordComponent") // read on the path of every limit, where a list's iterator would show
public record KnownLibraries(
        @Nullable LinkMap last,
        List<LibraryController> controllers,
        LimitTarget[] targets,
        boolean waiting,
        OpenMpController[] served,
        int setters) {
    /** Nothing. */
    static final KnownLibraries NONE =
            new KnownLibraries(null, List.of(), new LimitTarget[0], false, new OpenMpController[0], 0);

    /** Whether nothing was loaded since, and no setter was called that changes what a limit may be. */
    boolean isComplete() {
        return last != null && last.isLast() && (served.length == 0 || settersOf(served) == setters);
    }

    static int settersOf(OpenMpController[] runtimes) {
        int setters = 0;
        for (OpenMpController each : runtimes) {
            setters += each.setters();
        }
        return setters;
    }

    /** The same, but to be looked at again. */
    KnownLibraries outdated() {
        return new KnownLibraries(null, controllers, targets, waiting, served, setters);
    }
}
