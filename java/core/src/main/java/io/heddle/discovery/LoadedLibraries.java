package io.heddle.discovery;

import io.heddle.ffi.LinkMap;
import io.heddle.ffi.LoadedObjects;
import io.heddle.ffi.LoadedObjects.MappedFile;
import io.heddle.ffi.NativeLibrary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * Whether anything was loaded since is asked on the path of every limit. The last library's record answers it by one read from memory
 * (LimitBenchmark.loadCheck), as long as that library cannot be unloaded; so it is held open until a later look finds another one to be the last. That
 * is the price: a library that happens to be the last stays loaded when its owner closes it. Without holding it, the record could be
 * freed while it is read, and a library that is closed and loaded again after another would hide that other one.
 *
 * The reference to the former last library is given back only after RETIRED_FOR_SECONDS, as another thread may be about to read its
 * record.
 */
/**
 * Remembers which loaded libraries were seen, and tells the new ones.
 *
 * <p>Thread-safe.
 */
public final class LoadedLibraries {
    private static final long RETIRED_FOR_SECONDS = 10;

    private final Deque<Retired> retired = new ArrayDeque<>();
    private Set<MappedFile> seen = new HashSet<>();
    private @Nullable NativeLibrary last;

    private record Retired(NativeLibrary library, long sinceNanos) {}

    /** Starts with nothing seen. */
    public LoadedLibraries() {}

    /**
     * What was found by a look.
     *
     * @param unseen the libraries that were not there at the last look
     * @param last the record of the library loaded last when the look began, held open until the next look; null if none was found,
     *     since libraries came and went meanwhile
     */
    public record Look(List<LoadedLibrary> unseen, @Nullable LinkMap last) {}

    /**
     * Looks at what is loaded now.
     *
     * @return the new libraries, and the last one
     */
    public synchronized Look look() {
        NativeLibrary newLast = findLast(LoadedObjects.files());
        // Read again while the last one is held: whatever was loaded before it is in this list.
        List<MappedFile> files = LoadedObjects.files();
        List<LoadedLibrary> unseen = new ArrayList<>();
        for (MappedFile file : files) {
            if (!seen.contains(file)) {
                unseen.add(new LoadedLibrary(file, realPath(NativeLibrary.path(file.name()))));
            }
        }
        seen = new HashSet<>(files);
        retire(newLast);
        return new Look(unseen, newLast == null ? null : newLast.linkMap().orElse(null));
    }

    private @Nullable NativeLibrary findLast(List<MappedFile> files) {
        List<MappedFile> newFirst = new ArrayList<>(files);
        newFirst.sort((a, b) -> Boolean.compare(seen.contains(a), seen.contains(b)));
        for (MappedFile file : newFirst) {
            Optional<NativeLibrary> library = NativeLibrary.loaded(file.name());
            if (library.flatMap(NativeLibrary::linkMap).filter(LinkMap::isLast).isPresent()) {
                return library.get();
            }
            library.ifPresent(NativeLibrary::release);
        }
        return null;
    }

    private void retire(@Nullable NativeLibrary newLast) {
        long now = System.nanoTime();
        if (last != null) {
            retired.add(new Retired(last, now));
        }
        last = newLast;
        while (!retired.isEmpty()
                && now - retired.peek().sinceNanos() > TimeUnit.SECONDS.toNanos(RETIRED_FOR_SECONDS)) {
            retired.remove().library().release();
        }
    }

    /**
     * Forgets a library, so that it is new again when it is met next: it was gone before it could be opened.
     *
     * @param library one of {@link Look#unseen()}
     */
    public synchronized void forget(LoadedLibrary library) {
        seen.remove(library.mapped());
    }

    private static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path; // deleted since
        }
    }

    /**
     * A loaded library.
     *
     * @param mapped its file as the kernel names it, links resolved
     * @param file the same as a path
     */
    public record LoadedLibrary(MappedFile mapped, Path file) {}
}
