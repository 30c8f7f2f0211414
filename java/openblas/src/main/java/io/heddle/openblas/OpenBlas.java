package io.heddle.openblas;

import io.heddle.NativeThreads;
import io.heddle.ffi.NativeLibrary;
import io.heddle.ffi.NativeLibraryException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One opened OpenBLAS. It stays open for the life of the JVM, and {@code NativeThreads} finds it like any other native
 * library: a thread limit on the embedded build affects the whole process ({@code LimitScope.PROCESS}). The limits that the
 * calling thread has open when it gets the library hold for it at once, so a task may open it and compute.
 *
 * <p>Thread-safe. Call LAPACK routines from threads with stacks of at least 16 MB (the workers of {@code Parallel} have
 * them): OpenBLAS keeps large buffers on the stack of its caller.
 */
public final class OpenBlas {
    private static final Object SHARED_LOCK = new Object();
    private static volatile @Nullable OpenBlas shared;

    private final NativeLibrary library;

    private OpenBlas(NativeLibrary library) {
        this.library = library;
    }

    /**
     * The embedded OpenBLAS, unpacked and opened at the first call, the same one at each later call. A call that failed is
     * tried anew by the next.
     *
     * <p>The files lie in the user's {@linkplain #cacheFolder() cache folder}. They are checked against the jar each time
     * before they are opened.
     *
     * @return the embedded library
     * @throws OpenBlasException if the jar is absent, the platform is not linux-x86_64, or the files cannot be unpacked,
     *     trusted or opened
     */
    public static OpenBlas shared() {
        OpenBlas opened = shared;
        if (opened == null) {
            synchronized (SHARED_LOCK) {
                opened = shared;
                if (opened == null) {
                    opened = openEmbedded();
                    shared = opened;
                }
            }
        }
        NativeThreads.refreshLimits(); // another thread may have opened it after this one's limit was
        return opened;
    }

    /**
     * Opens an OpenBLAS of the user's own.
     *
     * @param library the library file
     * @param dependenciesFirst libraries that it needs and the system's loader does not find by itself, opened before it
     *     in this order
     * @return the opened library
     * @throws OpenBlasException if a file is absent or cannot be opened, or the library is not an OpenBLAS
     */
    public static OpenBlas open(Path library, Path... dependenciesFirst) {
        Objects.requireNonNull(library, "library");
        for (Path dependency : dependenciesFirst) {
            openFile(dependency);
        }
        NativeLibrary opened = openFile(library);
        if (!isOpenBlas(opened)) {
            throw new OpenBlasException(
                    "OpenBlas.open(" + library + "): the file has no openblas_get_num_threads, with any"
                            + " known prefix or suffix, so it is not an OpenBLAS. Name the libopenblas file itself.");
        }
        NativeThreads.refreshLimits();
        return new OpenBlas(opened);
    }

    /**
     * The user's cache folder, of which {@link #shared()} uses the folder {@code openblas}: {@code $HEDDLE_CACHE}, else
     * {@code $XDG_CACHE_HOME/heddle}, else {@code ~/.cache/heddle}. It need not exist.
     *
     * @return its absolute path
     * @throws OpenBlasException if no variable is set and the user has no home folder
     */
    public static Path cacheFolder() {
        return LibraryCache.ofUser().root();
    }

    /**
     * The file that was opened.
     *
     * @return its absolute path
     */
    public Path path() {
        return library.path();
    }

    /**
     * A method handle on a function of this library.
     *
     * @param symbol the exported name, for instance {@code cblas_dgemm} or {@code dpotrf_}
     * @param descriptor the C signature
     * @param options linker options; {@link Linker.Option#critical} is not for calls that compute for long
     * @return the handle
     * @throws NoSuchElementException if the library has no such symbol; the message names symbol and file
     */
    public MethodHandle downcall(String symbol, FunctionDescriptor descriptor, Linker.Option... options) {
        return library.downcall(symbol, descriptor, options);
    }

    @Override
    public String toString() {
        return "OpenBlas[" + path() + "]";
    }

    private static OpenBlas openEmbedded() {
        List<Path> files = LibraryCache.ofUser().provide(EmbeddedFiles.locate());
        Path library = files.getLast();
        return open(library, files.subList(0, files.size() - 1).toArray(Path[]::new));
    }

    private static NativeLibrary openFile(Path file) {
        Path absolute = file.toAbsolutePath();
        if (!Files.isRegularFile(absolute)) {
            throw new OpenBlasException(
                    "OpenBlas.open(" + file + "): there is no such file. Name an existing library file.");
        }
        try {
            return NativeLibrary.open(absolute);
        } catch (NativeLibraryException e) {
            throw new OpenBlasException(
                    "OpenBlas.open(" + file + "): the system's loader refused it: " + e.getMessage()
                            + ". A dependency that is not found goes into dependenciesFirst; a folder mounted noexec cannot"
                            + " hold libraries: set " + LibraryCache.VARIABLE + " to another.",
                    e);
        }
    }

    private static boolean isOpenBlas(NativeLibrary library) {
        return Stream.of("", "scipy_")
                .flatMap(prefix ->
                        Stream.of("", "64_", "_64").map(suffix -> prefix + "openblas_get_num_threads" + suffix))
                .anyMatch(symbol -> library.find(symbol).isPresent());
    }
}
