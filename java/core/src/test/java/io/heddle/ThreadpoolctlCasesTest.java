package io.heddle;

import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.iomp;
import static io.heddle.fixture.NativeFiles.libomp;
import static io.heddle.fixture.NativeFiles.mkl;
import static io.heddle.fixture.NativeFiles.openBlas;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.LibraryInfo;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.fixture.OpenMpRegion;
import io.heddle.fixture.Warnings;
import io.heddle.limit.AppliedLimit;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What threadpoolctl's own tests say, where no other test of Heddle says it already. {@code java/core/THREADPOOLCTL.md} lists all of them.
 */
class ThreadpoolctlCasesTest {
    /** One library of each family, each under a number of its own. */
    private static ChildJvm oneOfEach(Class<?> main) {
        return ChildJvm.of(
                        main,
                        built("libopenblas_fake.so"),
                        built("libmkl_fake_interface.so"),
                        built("libblis_fake.so"),
                        built("libflexiblas_fake.so"),
                        built("libheddle_openmp_probe_gomp.so"))
                .environment("OMP_NUM_THREADS", "5")
                .environment("OMP_DYNAMIC", "false");
    }

    private static List<LibraryInfo> open(String... files) {
        Arrays.stream(files).map(Path::of).forEach(NativeLibrary::open);
        return NativeThreads.info();
    }

    private static List<Integer> threads() {
        return NativeThreads.info().stream()
                .map(info -> info.threads().orElseThrow())
                .toList();
    }

    @Test
    void everyWayToAskGivesTheSame() throws Exception {
        oneOfEach(EveryWay.class).succeeds();
    }

    static final class EveryWay {
        public static void main(String[] args) {
            List<LibraryInfo> infos = open(args);
            assertThat(infos).hasSize(5);
            assertThat(NativeThreads.select(_ -> true).info()).isEqualTo(infos);
            assertThat(Stream.of(UserApi.values()).flatMap(api -> NativeThreads.select(api).info().stream()))
                    .containsExactlyInAnyOrderElementsOf(infos);
            try (ThreadLimit limit = NativeThreads.limit(3)) {
                assertThat(limit.applied())
                        .extracting(AppliedLimit::library)
                        .containsExactlyInAnyOrderElementsOf(NativeThreads.info());
            }
        }
    }

    @Test
    void everyLibraryTellsAllThereIsToTell() throws Exception {
        oneOfEach(AllFields.class).succeeds();
    }

    static final class AllFields {
        public static void main(String[] args) throws IOException {
            for (LibraryInfo info : open(args)) {
                assertThat(info.path()).isAbsolute().exists();
                assertThat(info.threads()).isPresent();
                assertThat(info.path().getFileName().toString()).startsWith(info.prefix());
                boolean openMp = info.userApi() == UserApi.OPENMP;
                assertThat(info.internalApi())
                        .isIn(openMp ? List.of("openmp") : List.of("openblas", "mkl", "blis", "flexiblas"));
                assertThat(info.version().isPresent()).as("version of %s", info).isEqualTo(!openMp);
                boolean tellsKernel = Set.of("openblas", "blis").contains(info.internalApi());
                assertThat(info.architecture().isPresent())
                        .as("architecture of %s", info)
                        .isEqualTo(tellsKernel);
                assertThat(info.details().isEmpty())
                        .isEqualTo(!info.internalApi().equals("flexiblas"));
            }
        }
    }

    @Test
    void theNumberToldIsTheOneInForceNow() throws Exception {
        oneOfEach(InForceNow.class).succeeds();
    }

    static final class InForceNow {
        public static void main(String[] args) {
            List<LibraryInfo> before = open(args);
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.threads()).isEqualTo(1);
                assertThat(threads()).hasSize(5).containsOnly(1);
            }
            assertThat(NativeThreads.info()).isEqualTo(before);
        }
    }

    @Test
    void anySetOfLibrariesCanBeSelected() throws Exception {
        oneOfEach(Selections.class).succeeds();
    }

    static final class Selections {
        public static void main(String[] args) {
            open(args);
            assertThat(NativeThreads.select(UserApi.BLAS).info())
                    .hasSize(4)
                    .allMatch(info -> info.userApi() == UserApi.BLAS);
            assertThat(NativeThreads.selectPrefix("libgomp").info())
                    .extracting(LibraryInfo::prefix)
                    .containsExactly("libgomp");
            Set<String> runtimes = Set.of("libgomp", "libomp", "libiomp");
            assertThat(NativeThreads.select(info -> runtimes.contains(info.prefix()))
                            .info())
                    .extracting(LibraryInfo::prefix)
                    .containsExactly("libgomp");
            assertThat(NativeThreads.select(info -> info.internalApi().equals("openblas")
                                    || info.prefix().equals("libgomp"))
                            .info())
                    .extracting(LibraryInfo::internalApi)
                    .containsExactlyInAnyOrder("openblas", "openmp");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "libopenblas_fake.so, libopenblas",
        "libscipy_openblas_fake64_.so, libscipy_openblas",
        "libblis_fake.so, libblis",
        "libflexiblas_fake.so, libflexiblas",
        "libheddle_openmp_probe_gomp.so, libgomp"
    })
    void aLimitByAPrefixHoldsThereAndNowhereElse(String file, String prefix) throws Exception {
        String other = prefix.equals("libopenblas") ? "libblis_fake.so" : "libopenblas_fake.so";
        ChildJvm.of(ByPrefix.class, built(file), built(other), Path.of(prefix))
                .environment("OMP_NUM_THREADS", "5")
                .succeeds();
    }

    static final class ByPrefix {
        public static void main(String[] args) {
            List<LibraryInfo> before = open(args[0], args[1]);
            for (int threads : new int[] {1, 3}) {
                try (ThreadLimit limit = NativeThreads.selectPrefix(args[2]).limit(threads)) {
                    assertThat(limit.applied()).singleElement().satisfies(applied -> {
                        assertThat(applied.library().prefix()).isEqualTo(args[2]);
                        assertThat(applied.inForce()).isEqualTo(threads);
                    });
                    assertThat(NativeThreads.info())
                            .filteredOn(info -> !info.prefix().equals(args[2]))
                            .isNotEmpty()
                            .isSubsetOf(before);
                }
                assertThat(NativeThreads.info()).isEqualTo(before);
            }
        }
    }

    @Test
    void aLimitByAnInterfaceHoldsForAllOfItsLibraries() throws Exception {
        oneOfEach(ByInterface.class).succeeds();
    }

    static final class ByInterface {
        public static void main(String[] args) {
            List<LibraryInfo> before = open(args);
            for (UserApi api : List.of(UserApi.BLAS, UserApi.OPENMP)) {
                for (int threads : new int[] {1, 3}) {
                    try (ThreadLimit limit = NativeThreads.select(api).limit(threads)) {
                        assertThat(limit.applied()).hasSize(api == UserApi.BLAS ? 4 : 1);
                        assertThat(NativeThreads.select(api).info())
                                .allSatisfy(info -> assertThat(info.threads()).hasValue(threads));
                        assertThat(NativeThreads.select(info -> info.userApi() != api)
                                        .info())
                                .isSubsetOf(before);
                    }
                    assertThat(NativeThreads.info()).isEqualTo(before);
                }
            }
        }
    }

    @Test
    void aLimitNeedsNoBlockAndStaysUntilItIsClosed() throws Exception {
        oneOfEach(NoBlock.class).succeeds();
    }

    static final class NoBlock {
        public static void main(String[] args) {
            List<LibraryInfo> before = open(args);
            ThreadLimit limit = NativeThreads.limit(1);
            assertThat(threads()).containsOnly(1);
            assertThat(threads()).containsOnly(1);
            limit.close();
            assertThat(NativeThreads.info()).isEqualTo(before);
        }
    }

    @Test
    void mklTellsTheThreadingLayerThatItsVariableChose() throws Exception {
        Path libgomp = openBlas("libopenblas0-openmp")[2];
        ChildJvm.of(MklLayer.class, Path.of("INTEL"), mkl())
                .environment("MKL_THREADING_LAYER", "INTEL")
                .succeeds();
        ChildJvm.of(MklLayer.class, Path.of("GNU"), libgomp, mkl())
                .environment("MKL_THREADING_LAYER", "GNU")
                .succeeds();
    }

    static final class MklLayer {
        public static void main(String[] args) throws IOException {
            open(Arrays.copyOfRange(args, 1, args.length));
            NativeThreads.limit(1).close(); // its first use
            assertThat(NativeThreads.selectPrefix("libmkl_rt").info())
                    .singleElement()
                    .satisfies(info -> assertThat(info.threadingLayer()).hasToString(args[0]));
            assertThat(Files.readString(Path.of("/proc/self/maps")))
                    .contains("libmkl_" + args[0].toLowerCase(Locale.ROOT) + "_thread");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "libblis_fake.so, PTHREADS",
        "libblis_fake_openmp.so, OPENMP",
        "libblis_fake_sequential.so, DISABLED",
        "libblis_fake_no_info.so, UNKNOWN",
        "libopenblas_fake.so, PTHREADS",
        "libopenblas_fake_openmp.so, OPENMP",
        "libopenblas_fake_sequential.so, SEQUENTIAL"
    })
    void openBlasAndBlisTellTheThreadingLayerOfTheirBuild(String file, ThreadingLayer layer) throws Exception {
        ChildJvm.of(BuildLayer.class, built(file), Path.of(layer.name())).succeeds();
    }

    static final class BuildLayer {
        public static void main(String[] args) {
            open(args[0]);
            assertThat(NativeThreads.select(UserApi.BLAS).info())
                    .singleElement()
                    .satisfies(info -> assertThat(info.threadingLayer()).hasToString(args[1]));
        }
    }

    @Test
    void aRuntimeOfLlvmBesideIntelsIsWarnedOfOnce() throws Exception {
        ChildJvm.of(TwoRuntimes.class, libomp(), iomp()).succeeds();
    }

    static final class TwoRuntimes {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            assertThat(open(args)).hasSize(2);
            assertThat(NativeThreads.info()).hasSize(2);
            NativeThreads.limit(1).close();
            assertThat(warnings.with("Two LLVM or Intel OpenMP runtimes"))
                    .singleElement()
                    .asString()
                    .contains("libomp", "libiomp5", "Error #15", "MKL_THREADING_LAYER=GNU");
        }
    }

    @Test
    void flexiblasTellsItsBackEndsAsTheyAreNow() throws Exception {
        ChildJvm.of(BackEnds.class, built("libflexiblas_fake.so")).succeeds();
    }

    static final class BackEnds {
        public static void main(String[] args) throws Exception {
            FakeLibrary flexiblas = FakeLibrary.open(Path.of(args[0]));
            NativeLibrary library = NativeLibrary.open(Path.of(args[0]));
            expect("FAKE-OPENMP", "NETLIB, FAKE-OPENMP");
            assertThat(threads()).containsExactly(8);

            switchTo(library, "FAKE-PTHREADS"); // by its own functions, as its users do
            expect("FAKE-PTHREADS", "NETLIB, FAKE-OPENMP, FAKE-PTHREADS");
            try (ThreadLimit limit = NativeThreads.limit(2)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(flexiblas.works()).isEqualTo(2);
            }
            assertThat(flexiblas.works()).isEqualTo(8);

            switchTo(library, "NETLIB");
            assertThat(threads()).containsExactly(1);
            switchTo(library, "FAKE-OPENMP");
            assertThat(threads()).containsExactly(8);
        }

        private static void expect(String current, String loaded) {
            assertThat(NativeThreads.info())
                    .singleElement()
                    .satisfies(info -> assertThat(info.details())
                            .containsEntry("currentBackend", current)
                            .containsEntry("loadedBackends", loaded)
                            .containsEntry("availableBackends", "NETLIB, FAKE-OPENMP, FAKE-PTHREADS"));
        }

        private static void switchTo(NativeLibrary library, String backEnd) {
            try (Arena arena = Arena.ofConfined()) {
                int id = (int) library.downcall(
                                "flexiblas_load_backend",
                                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                        .invokeExact(arena.allocateFrom(backEnd));
                int status = (int) library.downcall(
                                "flexiblas_switch", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                        .invokeExact(id);
                assertThat(status).isZero();
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Code that runs in a parallel region of libgomp, as in a loop of a compiled extension. */
    private static final class Region {
        private static final MethodHandle RUN = run();
        private final MethodHandle parallel;

        Region(Path libgomp) {
            parallel = NativeLibrary.open(libgomp)
                    .downcall(
                            "GOMP_parallel",
                            FunctionDescriptor.ofVoid(
                                    ValueLayout.ADDRESS,
                                    ValueLayout.ADDRESS,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT));
        }

        private static MethodHandle run() {
            try {
                return MethodHandles.lookup()
                        .findStatic(
                                Region.class,
                                "run",
                                MethodType.methodType(void.class, Runnable.class, MemorySegment.class));
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(e.getMessage(), e);
            }
        }

        @SuppressWarnings("UnusedMethod") // libgomp calls it
        private static void run(Runnable body, MemorySegment unused) {
            body.run();
        }

        /** Runs on as many threads as libgomp has for this thread where none are asked for by 0; returns how many there were. */
        int run(int threads, Runnable body) {
            Set<Thread> took = ConcurrentHashMap.newKeySet();
            Runnable counted = () -> {
                took.add(Thread.currentThread());
                body.run();
            };
            try (Arena arena = Arena.ofShared()) {
                MemorySegment stub = Linker.nativeLinker()
                        .upcallStub(RUN.bindTo(counted), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS), arena);
                parallel.invokeExact(stub, MemorySegment.NULL, threads, 0);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
            return took.size();
        }
    }

    @Test
    void aRegionInsideARegionOfTheSameRuntimeIsSerialAndTheOuterOneKeepsItsNumber() throws Exception {
        ChildJvm.of(Nesting.class, openBlas("libopenblas0-openmp")[2], built("libheddle_openmp_probe_gomp.so"))
                .environment("OMP_NUM_THREADS", "3")
                .environment("OMP_DYNAMIC", "false")
                .environment(
                        "LD_LIBRARY_PATH",
                        openBlas("libopenblas0-openmp")[2].getParent().toString())
                .succeeds();
    }

    static final class Nesting {
        public static void main(String[] args) {
            Region outer = new Region(Path.of(args[0]));
            OpenMpRegion inner = OpenMpRegion.open(Path.of(args[1]));
            assertThat(NativeThreads.info()).hasSize(1);
            ConcurrentLinkedQueue<Integer> innerThreads = new ConcurrentLinkedQueue<>();
            assertThat(outer.run(0, () -> innerThreads.add(inner.threads()))).isEqualTo(3);
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                for (int asked : new int[] {1, 2, 4}) {
                    assertThat(outer.run(asked, () -> innerThreads.add(inner.threads())))
                            .isEqualTo(asked); // what the code itself asks for is not cut
                }
                assertThat(outer.run(0, () -> innerThreads.add(inner.threads())))
                        .isEqualTo(1);
            }
            assertThat(innerThreads).hasSize(3 + 1 + 2 + 4 + 1).containsOnly(1);
            assertThat(outer.run(0, () -> {})).isEqualTo(3);
        }
    }

    @Test
    void aBlasCalledInARegionHasOneThreadAndRightResults() throws Exception {
        Path[] openBlas = openBlas("libopenblas0-pthread");
        ChildJvm.of(BlasInRegion.class, openBlas)
                .environment("OMP_NUM_THREADS", "2")
                .environment("OPENBLAS_NUM_THREADS", "2")
                .succeeds();
    }

    static final class BlasInRegion {
        public static void main(String[] args) {
            BlasCalls blas = BlasCalls.open(args);
            Region region = new Region(Path.of(args[2]));
            List<LibraryInfo> before = NativeThreads.info();
            try (ThreadLimit limit = NativeThreads.limitSequentialBlasUnderOpenMp()) {
                assertThat(limit.applied())
                        .extracting(applied -> applied.library().internalApi())
                        .containsExactly("openblas");
                for (int asked : new int[] {0, 1, 2, 4}) {
                    ConcurrentLinkedQueue<Boolean> right = new ConcurrentLinkedQueue<>();
                    int threads = region.run(asked, () -> {
                        right.add(blas.product(100).multipliesRight());
                        assertThat(NativeThreads.select(UserApi.BLAS).info())
                                .allSatisfy(info -> assertThat(info.threads()).hasValue(1));
                    });
                    assertThat(threads).isEqualTo(asked == 0 ? 2 : asked);
                    assertThat(right).hasSize(threads).containsOnly(true);
                }
            }
            assertThat(NativeThreads.info()).isEqualTo(before);
        }
    }
}
