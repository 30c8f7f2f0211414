package io.heddle.ffi;

import io.heddle.bindings.kmp_get_blocktime_fn;
import io.heddle.bindings.omp_get_max_threads_fn;
import io.heddle.bindings.omp_set_num_threads_fn;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The two functions of one loaded OpenMP runtime that read and write the calling thread's nthreads-var ICV. Thread-safe. */
public final class OpenMpFunctions {
    private static final String GETTER = "omp_get_max_threads";
    private static final String SETTER = "omp_set_num_threads";

    private final MemorySegment getMaxThreads;
    private final MemorySegment setNumThreads;
    private final @Nullable MemorySegment getBlocktime;

    private OpenMpFunctions(NativeLibrary runtime, MemorySegment getMaxThreads, MemorySegment setNumThreads) {
        this.getMaxThreads = getMaxThreads;
        this.setNumThreads = setNumThreads;
        this.getBlocktime = runtime.findOwn("kmp_get_blocktime").orElse(null);
    }

    /**
     * The functions of a runtime, only those that lie in its own file.
     *
     * @param runtime the loaded library
     * @return its functions, or empty if one of them is missing
     */
    public static Optional<OpenMpFunctions> of(NativeLibrary runtime) {
        return runtime.findOwn(GETTER)
                .flatMap(get -> runtime.findOwn(SETTER).map(set -> new OpenMpFunctions(runtime, get, set)));
    }

    /**
     * The file of the OpenMP runtime that a library's calls reach: one in the global scope goes first, then the library's own
     * dependencies.
     *
     * @param user a library that was built on OpenMP
     * @return the runtime's name as the dynamic linker lists it, or empty if there is none
     */
    public static Optional<String> runtimeOf(NativeLibrary user) {
        return NativeLibrary.findGlobal(SETTER)
                .or(() -> user.find(SETTER))
                .map(MemorySegment::address)
                .flatMap(NativeLibrary::fileOf);
    }

    /**
     * {@code int omp_get_max_threads(void)}.
     *
     * @return the threads that the calling thread's next parallel region may have
     */
    public int maxThreads() {
        return omp_get_max_threads_fn.invoke(getMaxThreads);
    }

    /**
     * {@code void omp_set_num_threads(int)}: affects the calling thread.
     *
     * @param threads at least 1
     */
    public void setNumThreads(int threads) {
        omp_set_num_threads_fn.invoke(setNumThreads, threads);
    }

    /**
     * {@code int kmp_get_blocktime(void)}.
     *
     * @return the milliseconds that an idle thread of the calling thread's regions spins; empty if this is no LLVM or Intel runtime
     */
    public OptionalInt blocktimeMillis() {
        return getBlocktime == null ? OptionalInt.empty() : OptionalInt.of(kmp_get_blocktime_fn.invoke(getBlocktime));
    }
}
