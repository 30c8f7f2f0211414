package io.heddle.openblas;

import io.heddle.ffi.NativeLibrary;
import io.heddle.ffi.NativeLibraryException;
import io.heddle.limit.internal.PrivateLibrary;
import io.heddle.openblas.EmbeddedFiles.EmbeddedFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Opens library files, those of the embedded OpenBLAS out of the cache. Thread-safe. */
final class EmbeddedLibrary {
    private static final Object LOCK = new Object();
    private static @Nullable List<EmbeddedFile> withOpenDependencies; // guarded by LOCK

    private EmbeddedLibrary() {}

    /** The one file that all who do not want a copy share. */
    static NativeLibrary openShared() {
        return open(openDependencies(LibraryCache.ofUser().provide(EmbeddedFiles.locate())));
    }

    /**
     * A copy of the library's file. The dynamic linker knows a library by name and inode, so only another file is another library; its
     * dependencies it finds by their SONAME: they are the same for all.
     */
    static Path copy(int number) {
        LibraryCache cache = LibraryCache.ofUser();
        return cache.provideCopy(withOpenDependencies(cache), number);
    }

    static PrivateLibrary openPrivate(Path copy, @Nullable Thread owner) {
        try {
            return PrivateLibrary.open(copy, owner);
        } catch (NativeLibraryException e) {
            throw refused(copy, e);
        }
    }

    static boolean isLoaded(Path file) {
        Optional<NativeLibrary> library = NativeLibrary.loaded(NativeLibrary.nameOf(file));
        library.ifPresent(NativeLibrary::release);
        return library.isPresent();
    }

    private static List<EmbeddedFile> withOpenDependencies(LibraryCache cache) {
        synchronized (LOCK) {
            List<EmbeddedFile> files = withOpenDependencies;
            if (files == null) {
                files = EmbeddedFiles.locate();
                openDependencies(cache.provide(files));
                withOpenDependencies = files;
            }
            return files;
        }
    }

    /** Opens all but the last, and returns that. */
    private static Path openDependencies(List<Path> files) {
        files.subList(0, files.size() - 1).forEach(EmbeddedLibrary::open);
        return files.getLast();
    }

    static NativeLibrary open(Path file) {
        Path absolute = file.toAbsolutePath();
        if (!Files.isRegularFile(absolute)) {
            throw new OpenBlasException(
                    "OpenBlas.open(" + file + "): there is no such file. Name an existing library file.");
        }
        try {
            return NativeLibrary.open(absolute);
        } catch (NativeLibraryException e) {
            throw refused(file, e);
        }
    }

    private static OpenBlasException refused(Path file, NativeLibraryException e) {
        return new OpenBlasException(
                "OpenBlas.open(" + file + "): the system's loader refused it: " + e.getMessage()
                        + ". A dependency that is not found goes into dependenciesFirst; a folder mounted noexec cannot"
                        + " hold libraries: set " + LibraryCache.VARIABLE + " to another.",
                e);
    }
}
