package io.heddle.ffi;

import io.heddle.bindings.MKL_Get_Max_Threads_fn;
import io.heddle.bindings.MKL_Get_Version_String_fn;
import io.heddle.bindings.MKL_Set_Num_Threads_Local_fn;
import io.heddle.bindings.MKL_Set_Threading_Layer_fn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The functions of one loaded MKL: of its dispatcher {@code libmkl_rt}, or of an interface layer such as {@code libmkl_intel_lp64} that a
 * program was linked to. Every one of them but
 * {@link #threadingLayer()} makes a dispatcher choose and load its layers. Thread-safe.
 */
public final class MklFunctions {
    private static final String THREADING_LAYER = "MKL_Set_Threading_Layer";
    private static final int VERSION_BYTES = 256;
    private static final int READ = -1;

    private final MemorySegment getMaxThreads;
    private final MemorySegment setNumThreadsLocal;
    private final @Nullable MemorySegment getVersionString;
    private final @Nullable MemorySegment setThreadingLayer;

    private MklFunctions(NativeLibrary library, MemorySegment get, MemorySegment setLocal) {
        getMaxThreads = get;
        setNumThreadsLocal = setLocal;
        getVersionString = library.findOwn("MKL_Get_Version_String").orElse(null);
        setThreadingLayer = library.findOwn(THREADING_LAYER).orElse(null);
    }

    /**
     * The functions of a library, only those that lie in its own file.
     *
     * @param library the loaded library
     * @return its functions, or empty if it has no getter and setter of the calling thread's number
     */
    public static Optional<MklFunctions> of(NativeLibrary library) {
        return library.findOwn("MKL_Get_Max_Threads")
                .flatMap(get ->
                        library.findOwn("MKL_Set_Num_Threads_Local").map(set -> new MklFunctions(library, get, set)));
    }

    /**
     * Whether this is the dispatcher, which alone can choose a threading layer.
     *
     * @return true for {@code libmkl_rt}
     */
    public boolean isDispatcher() {
        return setThreadingLayer != null;
    }

    /**
     * {@code int MKL_Get_Max_Threads(void)}.
     *
     * @return the threads that the calling thread's next call may have
     */
    public int maxThreads() {
        return MKL_Get_Max_Threads_fn.invoke(getMaxThreads);
    }

    /**
     * {@code int MKL_Set_Num_Threads_Local(int)}: affects the calling thread.
     *
     * @param threads at least 1, or 0 to follow the process's number
     * @return the number set before, 0 for none
     */
    public int setNumThreadsLocal(int threads) {
        return MKL_Set_Num_Threads_Local_fn.invoke(setNumThreadsLocal, threads);
    }

    /**
     * {@code int MKL_Set_Threading_Layer(-1)}: reads.
     *
     * @return 0 Intel, 1 sequential, 2 PGI, 3 GNU, 4 TBB, -1 none chosen yet; empty if this is no dispatcher
     */
    public OptionalInt threadingLayer() {
        return setThreadingLayer == null
                ? OptionalInt.empty()
                : OptionalInt.of(MKL_Set_Threading_Layer_fn.invoke(setThreadingLayer, READ));
    }

    /**
     * {@code void MKL_Get_Version_String(char *, int)}.
     *
     * @return for instance {@code Intel(R) oneAPI Math Kernel Library Version 2025.3-Product Build …}; empty if not exported
     */
    public Optional<String> version() {
        if (getVersionString == null) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(VERSION_BYTES);
            MKL_Get_Version_String_fn.invoke(getVersionString, text, VERSION_BYTES - 1);
            return Optional.of(text.getString(0, StandardCharsets.ISO_8859_1).strip());
        }
    }
}
