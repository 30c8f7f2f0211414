package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.ffi.NativeLibrary;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** How the libraries of one kind are recognised and bound. */
interface NativeFamily {
    /** File-name prefixes; a file that matches is asked for the family's symbols. */
    List<String> prefixes();

    /** Symbols by which a library under any other file name is recognised, if it exports one from its own file. */
    List<String> symbols();

    /**
     * Binds a library that matched.
     *
     * @param candidate the library
     * @param known the controllers bound so far
     * @return its controller, or empty if it lacks the family's symbols in its own file
     */
    Optional<LibraryController> bind(Candidate candidate, Known known);

    /**
     * A library that may be of a family.
     *
     * @param library the loaded library, held open if it is bound
     * @param file its file
     * @param prefix the prefix that matched; empty if it was recognised by a symbol
     */
    record Candidate(NativeLibrary library, LibraryFile file, String prefix) {}

    /** The libraries of this process that are bound. */
    interface Known {
        /** The controller of a library, by the name that the dynamic linker lists it by; it is bound on the way if need be. */
        Optional<LibraryController> find(String name);

        /** All of them. */
        Collection<LibraryController> all();
    }
}
