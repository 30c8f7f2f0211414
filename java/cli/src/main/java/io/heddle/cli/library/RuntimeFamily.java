package io.heddle.cli.library;

import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/** The kinds of native libraries that start threads, told from a library's file alone. */
@SuppressWarnings("ImmutableEnumChecker") // every list is made by List.of
public enum RuntimeFamily {
    // FlexiBLAS first: it passes on functions of the libraries behind it.
    FLEXIBLAS("flexiblas", UserApi.BLAS, List.of("libflexiblas"), List.of("flexiblas_get_num_threads")),
    OPENBLAS(
            "openblas",
            UserApi.BLAS,
            List.of("libopenblas", "libscipy_openblas", "openblas"),
            affixed("openblas_get_num_threads")),
    MKL("mkl", UserApi.BLAS, List.of("libmkl_rt"), List.of("MKL_Get_Max_Threads")),
    BLIS("blis", UserApi.BLAS, List.of("libblis"), List.of("bli_thread_get_num_threads")),
    OPENMP("openmp", UserApi.OPENMP, List.of("libgomp", "libomp", "libiomp", "vcomp"), List.of("omp_get_max_threads"));

    private static final Set<String> STARTS_OPENMP = Set.of("GOMP_parallel", "__kmpc_fork_call");

    private final String internalApi;
    private final UserApi userApi;
    private final List<String> prefixes;
    private final List<String> symbols;

    RuntimeFamily(String internalApi, UserApi userApi, List<String> prefixes, List<String> symbols) {
        this.internalApi = internalApi;
        this.userApi = userApi;
        this.prefixes = prefixes;
        this.symbols = symbols;
    }

    /** Every spelling of an OpenBLAS function: builds add a prefix or a suffix so that several fit into one process. */
    public static List<String> affixed(String function) {
        return Stream.of("", "scipy_")
                .flatMap(prefix -> Stream.of("", "64_", "_64").map(suffix -> prefix + function + suffix))
                .toList();
    }

    /**
     * What a mapped file is.
     *
     * @param path its name as the process sees it
     * @param elf what the file tells; empty where it cannot be read, and then its name has to do
     * @return the library, or empty if it is none that starts threads
     */
    public static Optional<SeenLibrary> recognise(Path path, Optional<ElfFile> elf) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        return Stream.of(values())
                .filter(family -> elf.isPresent()
                        ? family.symbols.stream().anyMatch(elf.get().exported()::contains)
                        : family.prefixes.stream().anyMatch(name::startsWith))
                .findFirst()
                .map(family -> family.describe(path, elf));
    }

    private SeenLibrary describe(Path path, Optional<ElfFile> elf) {
        Optional<ThreadingLayer> layer = this == OPENMP ? Optional.of(ThreadingLayer.OPENMP) : elf.flatMap(this::layer);
        return new SeenLibrary(
                userApi,
                internalApi,
                path,
                Optional.empty(),
                layer,
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                scope(layer),
                Map.of());
    }

    /** A library's threads are told by the function that it has them started by. */
    private Optional<ThreadingLayer> layer(ElfFile elf) {
        if (this != OPENBLAS && this != BLIS) {
            return Optional.empty();
        }
        if (STARTS_OPENMP.stream().anyMatch(elf.imported()::contains)) {
            return Optional.of(ThreadingLayer.OPENMP);
        }
        return elf.imported().contains("pthread_create") ? Optional.of(ThreadingLayer.PTHREADS) : Optional.empty();
    }

    private Optional<LimitScope> scope(Optional<ThreadingLayer> layer) {
        return switch (this) {
            case OPENMP, MKL -> Optional.of(LimitScope.CURRENT_THREAD);
            case BLIS -> Optional.of(LimitScope.PROCESS);
            case OPENBLAS ->
                layer.map(each -> each == ThreadingLayer.OPENMP ? LimitScope.CURRENT_THREAD : LimitScope.PROCESS);
            case FLEXIBLAS -> Optional.empty(); // the library behind it decides
        };
    }
}
