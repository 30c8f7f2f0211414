package io.heddle.discovery;

import io.heddle.ffi.LoadedObjects;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Remembers which loaded libraries were seen, and tells the new ones.
 *
 * <p>Thread-safe.
 */
public final class LoadedLibraries {
    private Set<String> seen = Set.of();

    /** Starts with nothing seen. */
    public LoadedLibraries() {}

    /**
     * The dynamic linker's count of loads. Read it before {@link #unseen()}: a library loaded in between then shows as a changed count
     * at the next look.
     *
     * @return a number that changes with every load
     */
    public static int generation() {
        return LoadedObjects.generation();
    }

    /**
     * The libraries loaded now that were not loaded at the last call.
     *
     * @return the new ones, in load order
     */
    public synchronized List<LoadedLibrary> unseen() {
        List<LoadedLibrary> unseen = new ArrayList<>();
        Set<String> now = new HashSet<>();
        for (String name : LoadedObjects.names()) {
            if (now.add(name) && !seen.contains(name)) {
                unseen.add(new LoadedLibrary(name, fileOf(name)));
            }
        }
        seen = now;
        return unseen;
    }

    /** The real file, since a library is often opened through links: Debian's {@code libblas.so.3} may be any BLAS. */
    private static Path fileOf(String name) {
        try {
            return Path.of(name).toRealPath();
        } catch (InvalidPathException e) {
            // A locale without UTF-8 cannot spell the name; the library is still controlled by its exact name.
            return Path.of(name.replaceAll("[^\\x20-\\x7E]", "?"));
        } catch (IOException e) {
            return Path.of(name); // deleted since, or no file at all (the kernel's vdso)
        }
    }

    /**
     * A loaded library.
     *
     * @param name the name by which the dynamic linker lists it
     * @param file its file, links resolved where that is possible
     */
    public record LoadedLibrary(String name, Path file) {
        /**
         * Whether the file's name, or the name it was opened by, begins so.
         *
         * @param prefix a prefix such as {@code libopenblas}
         * @return true if one of the two names begins with it
         */
        public boolean hasPrefix(String prefix) {
            return name.substring(name.lastIndexOf('/') + 1).startsWith(prefix)
                    || (file.getFileName() != null
                            && file.getFileName().toString().startsWith(prefix));
        }
    }
}
