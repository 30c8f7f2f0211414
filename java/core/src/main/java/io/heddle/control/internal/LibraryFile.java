package io.heddle.control.internal;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The file of a loaded library. Its links are resolved when the path is asked for first, which no limit does. Thread-safe. */
final class LibraryFile {
    private final Path opened;
    private volatile @Nullable Path real;

    LibraryFile(Path opened) {
        this.opened = opened;
    }

    /** The path, links resolved; as it was opened if it was deleted since. */
    Path path() {
        Path path = real;
        if (path == null) {
            try {
                path = opened.toRealPath();
            } catch (IOException e) {
                path = opened;
            }
            real = path;
        }
        return path;
    }

    @Override
    public String toString() {
        return path().toString();
    }
}
