package io.heddle.ffi;

import io.heddle.bindings.bli_arch_query_id_fn;
import io.heddle.bindings.bli_arch_string_fn;
import io.heddle.bindings.bli_info_get_enable_openmp_fn;
import io.heddle.bindings.bli_info_get_enable_pthreads_fn;
import io.heddle.bindings.bli_info_get_version_str_fn;
import io.heddle.bindings.bli_thread_get_num_threads_fn;
import io.heddle.bindings.bli_thread_set_num_threads_fn;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The functions of one loaded BLIS. Its integers are 64 bits wide. Thread-safe. */
public final class BlisFunctions {
    private final MemorySegment getNumThreads;
    private final MemorySegment setNumThreads;
    private final @Nullable MemorySegment getVersion;
    private final @Nullable MemorySegment enableOpenMp;
    private final @Nullable MemorySegment enablePthreads;
    private final @Nullable MemorySegment archQueryId;
    private final @Nullable MemorySegment archString;
    private final List<MemorySegment> getWays;

    private BlisFunctions(NativeLibrary library, MemorySegment get, MemorySegment set) {
        getNumThreads = get;
        setNumThreads = set;
        getVersion = library.findOwn("bli_info_get_version_str").orElse(null);
        enableOpenMp = library.findOwn("bli_info_get_enable_openmp").orElse(null);
        enablePthreads = library.findOwn("bli_info_get_enable_pthreads").orElse(null);
        archQueryId = library.findOwn("bli_arch_query_id").orElse(null);
        archString = library.findOwn("bli_arch_string").orElse(null);
        getWays = Stream.of("jc", "pc", "ic", "jr", "ir")
                .flatMap(loop -> library.findOwn("bli_thread_get_" + loop + "_nt").stream())
                .toList();
    }

    /**
     * The functions of a library, only those that lie in its own file.
     *
     * @param library the loaded library
     * @return its functions, or empty if it has no getter and setter of the number of threads
     */
    public static Optional<BlisFunctions> of(NativeLibrary library) {
        return library.findOwn("bli_thread_get_num_threads")
                .flatMap(get ->
                        library.findOwn("bli_thread_set_num_threads").map(set -> new BlisFunctions(library, get, set)));
    }

    /**
     * {@code dim_t bli_thread_get_num_threads(void)}.
     *
     * @return the number of threads that was set, -1 for none
     */
    public int numThreads() {
        return (int) bli_thread_get_num_threads_fn.invoke(
                getNumThreads); // a caller with 32-bit integers leaves 2^32 - 1 for -1
    }

    /**
     * {@code void bli_thread_set_num_threads(dim_t)}: affects the process.
     *
     * @param threads at least 1, or -1 for none
     */
    public void setNumThreads(int threads) {
        bli_thread_set_num_threads_fn.invoke(setNumThreads, threads);
    }

    /**
     * {@code dim_t bli_thread_get_jc_nt(void)} and its four sisters: the threads of each loop ({@code BLIS_JC_NT}). Where they are set they
     * rule, and {@link #setNumThreads} has no effect.
     *
     * @return the product of those that are set, empty if none is
     */
    public OptionalInt ways() {
        int product = 1;
        boolean set = false;
        for (MemorySegment get : getWays) {
            int threads = (int) bli_thread_get_num_threads_fn.invoke(get); // the same signature
            if (threads >= 1) {
                product *= threads;
                set = true;
            }
        }
        return set ? OptionalInt.of(product) : OptionalInt.empty();
    }

    /**
     * {@code char *bli_info_get_version_str(void)}.
     *
     * @return for instance {@code 0.9.0}; empty if not exported
     */
    public Optional<String> version() {
        return getVersion == null ? Optional.empty() : text(bli_info_get_version_str_fn.invoke(getVersion));
    }

    /**
     * {@code gint_t bli_info_get_enable_openmp(void)}.
     *
     * @return whether it starts OpenMP threads; empty if not exported
     */
    public Optional<Boolean> openMp() {
        return enableOpenMp == null
                ? Optional.empty()
                : Optional.of(bli_info_get_enable_openmp_fn.invoke(enableOpenMp) != 0);
    }

    /**
     * {@code gint_t bli_info_get_enable_pthreads(void)}.
     *
     * @return whether it starts POSIX threads; empty if not exported
     */
    public Optional<Boolean> pthreads() {
        return enablePthreads == null
                ? Optional.empty()
                : Optional.of(bli_info_get_enable_pthreads_fn.invoke(enablePthreads) != 0);
    }

    /**
     * {@code char *bli_arch_string(bli_arch_query_id())}.
     *
     * @return for instance {@code haswell}; empty if not exported
     */
    public Optional<String> architecture() {
        return archQueryId == null || archString == null
                ? Optional.empty()
                : text(bli_arch_string_fn.invoke(archString, bli_arch_query_id_fn.invoke(archQueryId)));
    }

    private static Optional<String> text(MemorySegment pointer) {
        return pointer.address() == 0
                ? Optional.empty()
                : Optional.of(pointer.getString(0, StandardCharsets.ISO_8859_1));
    }
}
