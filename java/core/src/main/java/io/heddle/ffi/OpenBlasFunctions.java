package io.heddle.ffi;

import io.heddle.bindings.openblas_get_config_fn;
import io.heddle.bindings.openblas_get_corename_fn;
import io.heddle.bindings.openblas_get_num_procs_fn;
import io.heddle.bindings.openblas_get_num_threads_fn;
import io.heddle.bindings.openblas_get_parallel_fn;
import io.heddle.bindings.openblas_set_num_threads_fn;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The functions of one loaded OpenBLAS, under whichever prefix and suffix it was built with. Thread-safe. */
public final class OpenBlasFunctions {
    private static final List<String> SYMBOL_PREFIXES = List.of("", "scipy_");
    private static final List<String> SYMBOL_SUFFIXES = List.of("", "64_", "_64");

    /** The names that the setter of the number of threads goes by. */
    public static final List<String> SETTERS = SYMBOL_PREFIXES.stream()
            .flatMap(prefix -> SYMBOL_SUFFIXES.stream().map(suffix -> prefix + "openblas_set_num_threads" + suffix))
            .toList();

    private final MemorySegment getNumThreads;
    private final MemorySegment setNumThreads;
    private final @Nullable MemorySegment getNumProcs;
    private final @Nullable MemorySegment getParallel;
    private final @Nullable MemorySegment getConfig;
    private final @Nullable MemorySegment getCorename;
    private final @Nullable IntSupplier setExplicitly;

    private OpenBlasFunctions(
            NativeLibrary library, String prefix, String suffix, MemorySegment get, MemorySegment set) {
        getNumThreads = get;
        setNumThreads = set;
        getNumProcs =
                library.findOwn(prefix + "openblas_get_num_procs" + suffix).orElse(null);
        getParallel = library.findOwn(prefix + "openblas_get_parallel" + suffix).orElse(null);
        getConfig = library.findOwn(prefix + "openblas_get_config" + suffix).orElse(null);
        setExplicitly = library.findOwnInt("blas_is_num_threads_set_explicitly").orElse(null);
        getCorename = library.findOwn(prefix + "openblas_get_corename" + suffix).orElse(null);
    }

    /**
     * The functions of a library, only those that lie in its own file.
     *
     * @param library the loaded library
     * @return its functions, or empty if it has no getter and setter of the number of threads under any known prefix and suffix
     */
    public static Optional<OpenBlasFunctions> of(NativeLibrary library) {
        for (String prefix : SYMBOL_PREFIXES) {
            for (String suffix : SYMBOL_SUFFIXES) {
                Optional<MemorySegment> get = library.findOwn(prefix + "openblas_get_num_threads" + suffix);
                Optional<MemorySegment> set = library.findOwn(prefix + "openblas_set_num_threads" + suffix);
                if (get.isPresent() && set.isPresent()) {
                    return Optional.of(new OpenBlasFunctions(library, prefix, suffix, get.get(), set.get()));
                }
            }
        }
        return Optional.empty();
    }

    /**
     * {@code int openblas_get_num_threads(void)}.
     *
     * @return the number of threads in force
     */
    public int numThreads() {
        return openblas_get_num_threads_fn.invoke(getNumThreads);
    }

    /**
     * {@code void openblas_set_num_threads(int)}. Never to be called on an OpenMP build: while other threads compute it gives wrong
     * results and hangs (seen in 0.3.21).
     *
     * @param threads at least 1; the library cuts it to the maximum it was built for
     */
    public void setNumThreads(int threads) {
        openblas_set_num_threads_fn.invoke(setNumThreads, threads);
    }

    /**
     * {@code int blas_is_num_threads_set_explicitly}: in OpenMP builds since 0.3.34, whether somebody called the setter. From then on
     * the library uses that number, whatever the OpenMP runtime's is; with a lower one there it hangs.
     *
     * @return true if the library has that variable and it is set
     */
    public boolean isSetExplicitly() {
        return setExplicitly != null && setExplicitly.getAsInt() != 0;
    }

    /**
     * Whether {@link #isSetExplicitly()} can ever be true.
     *
     * @return true if the library has that variable
     */
    public boolean canTellSetter() {
        return setExplicitly != null;
    }

    /**
     * {@code int openblas_get_num_procs(void)}.
     *
     * @return the CPUs that the library believes to have; empty if it does not export it
     */
    public OptionalInt numProcs() {
        return getNumProcs == null
                ? OptionalInt.empty()
                : OptionalInt.of(openblas_get_num_procs_fn.invoke(getNumProcs));
    }

    /**
     * {@code int openblas_get_parallel(void)}.
     *
     * @return 0 sequential, 1 pthreads, 2 OpenMP; empty if the library does not export it
     */
    public OptionalInt parallel() {
        return getParallel == null ? OptionalInt.empty() : OptionalInt.of(openblas_get_parallel_fn.invoke(getParallel));
    }

    /**
     * {@code char *openblas_get_config(void)}.
     *
     * @return for instance {@code OpenBLAS 0.3.30 NO_AFFINITY …}; empty if the library does not export it
     */
    public Optional<String> config() {
        return getConfig == null ? Optional.empty() : text(openblas_get_config_fn.invoke(getConfig));
    }

    /**
     * {@code char *openblas_get_corename(void)}.
     *
     * @return for instance {@code Haswell}; empty if the library does not export it
     */
    public Optional<String> corename() {
        return getCorename == null ? Optional.empty() : text(openblas_get_corename_fn.invoke(getCorename));
    }

    private static Optional<String> text(MemorySegment pointer) {
        return pointer.address() == 0 ? Optional.empty() : Optional.of(pointer.getString(0));
    }
}
