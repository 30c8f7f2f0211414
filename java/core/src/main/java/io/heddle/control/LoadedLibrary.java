package io.heddle.control;

import java.nio.file.Path;
import java.util.OptionalLong;

/** A shared library that is loaded in this process, as a {@link LibraryFamily} gets to see it. Thread-safe. */
public interface LoadedLibrary {
    /**
     * Its file.
     *
     * @return the path, links resolved where the file still exists
     */
    Path file();

    /**
     * How it was recognised.
     *
     * @return the family's prefix that its file name starts with; empty if it was recognised by a symbol
     */
    String prefix();

    /**
     * The address of a function that lies in this very file; one of a library it depends on is not found.
     *
     * @param symbol the C name
     * @return the address, valid for the life of the JVM if the library is bound; empty if the library does not export the symbol
     */
    OptionalLong address(String symbol);
}
