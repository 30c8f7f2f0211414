package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.NativeLibrary;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How the libraries of one kind are recognised and bound. A new family is one more of these in {@link LibraryRegistry}. */
interface LibraryFamily {
    /** File-name prefixes; a file that matches is opened and asked for its symbols. */
    List<String> prefixes();

    /**
     * Binds a library that matched.
     *
     * @param library the loaded library, held open if it is bound
     * @param file its file, links resolved
     * @param prefix the prefix that matched
     * @param controllers the controllers bound so far, by the library's name; a runtime that is bound on the way is added
     * @return its controller, or empty if it lacks the family's symbols in its own file
     */
    Optional<LibraryController> bind(
            NativeLibrary library, Path file, String prefix, Map<String, LibraryController> controllers);
}
