package io.heddle.control;

import java.util.List;
import java.util.Optional;

/**
 * How the native libraries of one kind are recognised and controlled, for kinds that Heddle does not know. Provided through
 * {@link java.util.ServiceLoader} or registered by {@code NativeThreads.register}.
 *
 * <p>Every library that is loaded in the process, whenever that happens, is offered to the first family that one of its prefixes or
 * symbols matches; Heddle's own families come first. Implementations are thread-safe, call nothing that loads or closes a library, and
 * open no limit.
 */
public interface LibraryFamily {
    /**
     * Beginnings of file names.
     *
     * @return for instance {@code libfoo}; may be empty
     */
    List<String> prefixes();

    /**
     * Functions by which a library is recognised under any other file name, such as a bundled copy.
     *
     * @return C names, one of which in the library's own file is enough; may be empty
     */
    List<String> symbols();

    /**
     * Makes a controller.
     *
     * @param library a loaded library that matched
     * @return its controller; empty if it is none of this kind after all
     */
    Optional<LibraryController> bind(LoadedLibrary library);
}
