package io.heddle.ffi;

import io.heddle.bindings.flexiblas_current_backend_fn;
import io.heddle.bindings.flexiblas_get_num_threads_fn;
import io.heddle.bindings.flexiblas_get_version_fn;
import io.heddle.bindings.flexiblas_list_fn;
import io.heddle.bindings.flexiblas_list_loaded_fn;
import io.heddle.bindings.flexiblas_set_num_threads_fn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The functions of one loaded FlexiBLAS, which hands each call to the BLAS that is its current back end. Thread-safe. */
public final class FlexiBlasFunctions {
    private static final int NAME_BYTES = 1024;
    private static final int MOST_BACKENDS = 1000;

    private final MemorySegment getNumThreads;
    private final MemorySegment setNumThreads;
    private final @Nullable MemorySegment getVersion;
    private final @Nullable MemorySegment list;
    private final @Nullable MemorySegment listLoaded;
    private final @Nullable MemorySegment currentBackend;

    private FlexiBlasFunctions(NativeLibrary library, MemorySegment get, MemorySegment set) {
        getNumThreads = get;
        setNumThreads = set;
        getVersion = library.findOwn("flexiblas_get_version").orElse(null);
        list = library.findOwn("flexiblas_list").orElse(null);
        listLoaded = library.findOwn("flexiblas_list_loaded").orElse(null);
        currentBackend = library.findOwn("flexiblas_current_backend").orElse(null);
    }

    /**
     * The functions of a library, only those that lie in its own file.
     *
     * @param library the loaded library
     * @return its functions, or empty if it has no getter and setter of the number of threads
     */
    public static Optional<FlexiBlasFunctions> of(NativeLibrary library) {
        return library.findOwn("flexiblas_get_num_threads")
                .flatMap(get -> library.findOwn("flexiblas_set_num_threads")
                        .map(set -> new FlexiBlasFunctions(library, get, set)));
    }

    /**
     * {@code int flexiblas_get_num_threads(void)}.
     *
     * @return what the current back end answers
     */
    public int numThreads() {
        return flexiblas_get_num_threads_fn.invoke(getNumThreads);
    }

    /**
     * {@code void flexiblas_set_num_threads(int)}: reaches the current back end.
     *
     * @param threads at least 1
     */
    public void setNumThreads(int threads) {
        flexiblas_set_num_threads_fn.invoke(setNumThreads, threads);
    }

    /**
     * {@code void flexiblas_get_version(int *, int *, int *)}.
     *
     * @return for instance {@code 3.4.5}; empty if not exported
     */
    public Optional<String> version() {
        if (getVersion == null) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment parts = arena.allocate(ValueLayout.JAVA_INT, 3);
            flexiblas_get_version_fn.invoke(getVersion, parts, parts.asSlice(4), parts.asSlice(8));
            return Optional.of(parts.get(ValueLayout.JAVA_INT, 0) + "." + parts.get(ValueLayout.JAVA_INT, 4) + "."
                    + parts.get(ValueLayout.JAVA_INT, 8));
        }
    }

    /**
     * {@code flexiblas_list}: the back ends that are configured.
     *
     * @return their names; empty if the function is not exported
     */
    public List<String> availableBackends() {
        return list == null ? List.of() : names((name, at) -> flexiblas_list_fn.invoke(list, name, NAME_BYTES, at));
    }

    /**
     * {@code flexiblas_list_loaded}: the back ends that are loaded.
     *
     * @return their names; empty if the function is not exported
     */
    public List<String> loadedBackends() {
        return listLoaded == null
                ? List.of()
                : names((name, at) -> flexiblas_list_loaded_fn.invoke(listLoaded, name, NAME_BYTES, at));
    }

    /**
     * {@code int flexiblas_current_backend(char *, size_t)}.
     *
     * @return the name of the back end that takes the calls; empty if the function is not exported
     */
    public Optional<String> currentBackend() {
        if (currentBackend == null) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            flexiblas_current_backend_fn.invoke(currentBackend, name, NAME_BYTES);
            return Optional.of(name.getString(0, StandardCharsets.ISO_8859_1));
        }
    }

    private interface Entries {
        long get(MemorySegment name, long at);
    }

    private static List<String> names(Entries entries) {
        List<String> names = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            int count = Math.min((int) entries.get(MemorySegment.NULL, 0), MOST_BACKENDS);
            for (int i = 0; i < count; i++) {
                if ((int) entries.get(name, i) >= 0) {
                    names.add(name.getString(0, StandardCharsets.ISO_8859_1));
                }
            }
        }
        return names;
    }
}
