package io.heddle.discovery;

import static io.heddle.fixture.FakeLibrary.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.openBlas;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.limit.AppliedLimit;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Libraries whose file names tell nothing, or the wrong thing, are recognised by what they export. */
class SymbolDiscoveryTest {
    @TempDir
    Path folder;

    private Path copy(Path file, String name) throws IOException {
        Path to = folder.resolve(name);
        Files.createDirectories(to.getParent());
        return Files.copy(file, to);
    }

    @ParameterizedTest
    @CsvSource({
        // as CMake built it, the name it is loaded by, what it is, the prefix, the threads found
        "libfoo_bundled.so, libfoo_bundled.so, openblas, '', 8",
        "libmkl_fake_interface.so, libbar_bundled.so, mkl, '', 8",
        "libbaz_bundled.so, libbaz_bundled.so, blis, '', 1",
        "libqux_bundled.so, libqux_bundled.so, flexiblas, '', 8",
        "libscipy_openblas_fake64_.so, libquux.so, openblas, '', 8",
        "libopenblas_fake_64.so, plain, openblas, '', 8",
        // a wheel's, an old wheel's and JavaCPP's
        "libscipy_openblas_fake64_.so, numpy.libs/libscipy_openblas64_-ff651d7f.so, openblas, libscipy_openblas, 8",
        "libopenblas_fake64_.so, numpy.libs/libopenblas64_p-r0-0cf96a72.3.23.dev.so, openblas, libopenblas, 8",
        "libopenblas_fake.so, openblas-0.3.31-1.5.13-linux-x86_64.jar/org/libjniopenblas_nolapack.so, openblas, '', 8",
        // names that lie
        "libblis_fake.so, libopenblas.so.0, blis, '', 1",
        "libopenblas_fake.so, libmkl_rt.so.2, openblas, '', 8",
        "libopenblas_fake.so, libgomp.so.1, openblas, '', 8",
        "libflexiblas_fake.so, libflexiblas_api.so.3, flexiblas, libflexiblas, 8"
    })
    void aLibraryIsRecognisedUnderAnyName(String built, String name, String internalApi, String prefix, int found)
            throws Exception {
        ChildJvm.of(Recognised.class, copy(built(built), name), Path.of(internalApi), Path.of(prefix))
                .environment("HEDDLE_TEST_FOUND", Integer.toString(found))
                .succeeds();
    }

    static final class Recognised {
        public static void main(String[] args) throws IOException {
            int found = Integer.parseInt(System.getenv("HEDDLE_TEST_FOUND"));
            FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
            assertThat(NativeThreads.info()).singleElement().satisfies(info -> {
                assertThat(info.internalApi()).isEqualTo(args[1]);
                assertThat(info.prefix()).isEqualTo(args[2]);
                assertThat(info.path()).isEqualTo(Path.of(args[0]).toRealPath());
                assertThat(info.threads()).hasValue(found);
            });
            try (ThreadLimit limit = NativeThreads.limit(3)) {
                assertThat(limit.applied()).extracting(AppliedLimit::inForce).containsExactly(3);
                assertThat(fake.works()).isEqualTo(3);
            }
            assertThat(fake.works()).isEqualTo(found);
        }
    }

    /** FlexiBLAS exports the functions of every other BLAS, and distributions give it their names. */
    @ParameterizedTest
    @CsvSource({"libblas.so.3", "liblapack.so.3", "libopenblas.so.0", "libmkl_rt.so.2", "libblis.so.4", "libanything.so"
    })
    void flexiblasIsNoOtherBlasWhateverItIsCalled(String name) throws Exception {
        ChildJvm.of(Flexiblas.class, copy(built("libflexiblas_fake.so"), name)).succeeds();
    }

    static final class Flexiblas {
        public static void main(String[] args) {
            FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
            assertThat(NativeThreads.info()).singleElement().satisfies(info -> {
                assertThat(info.internalApi()).isEqualTo("flexiblas");
                assertThat(info.version()).hasValue("99.4.2");
            });
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(fake.works()).isEqualTo(1);
            }
            assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void anOpenMpRuntimeIsRecognisedUnderAnyName() throws Exception {
        ChildJvm.of(OpenMpRuntime.class, copy(openBlas("libopenblas0-openmp")[2], "libbundled_threads-a34b3233.so"))
                .environment("OMP_NUM_THREADS", "5")
                .succeeds();
    }

    static final class OpenMpRuntime {
        public static void main(String[] args) {
            FakeLibrary runtime = FakeLibrary.open(Path.of(args[0]));
            assertThat(NativeThreads.info()).singleElement().satisfies(info -> {
                assertThat(info.internalApi()).isEqualTo("openmp");
                assertThat(info.prefix()).isEmpty();
                assertThat(info.threads()).hasValue(5);
            });
            try (ThreadLimit limit = NativeThreads.limit(2)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(runtime.get("omp_get_max_threads")).isEqualTo(2);
            }
            assertThat(runtime.get("omp_get_max_threads")).isEqualTo(5);
        }
    }

    @Test
    void aBlasInsideAnotherLibraryIsLimited() throws Exception {
        ChildJvm.of(Solver.class, built("libsolver.so")).succeeds();
    }

    static final class Solver {
        public static void main(String[] args) {
            FakeLibrary solver = FakeLibrary.open(Path.of(args[0]));
            assertThat(solver.get("solver_solve")).isEqualTo(DEFAULT_THREADS);
            assertThat(NativeThreads.info()).singleElement().satisfies(info -> {
                assertThat(info.internalApi()).isEqualTo("openblas");
                assertThat(info.path().getFileName()).hasToString("libsolver.so");
            });
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(solver.get("solver_solve")).isEqualTo(1);
            }
            assertThat(solver.get("solver_solve")).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void copiesUnderNamesThatTellNothingAreToldApartByTheirFiles() throws Exception {
        Path fake = built("libfoo_bundled.so");
        ChildJvm.of(
                        Copies.class,
                        copy(fake, "first/libnumbers.so"),
                        copy(fake, "second/libnumbers.so"),
                        copy(built("libsolver.so"), "libsolver_bundled.so"))
                .succeeds();
    }

    static final class Copies {
        public static void main(String[] args) throws IOException {
            List<FakeLibrary> copies = new ArrayList<>();
            List<Path> files = new ArrayList<>();
            for (String file : args) {
                copies.add(FakeLibrary.open(Path.of(file)));
                files.add(Path.of(file).toRealPath());
            }
            assertThat(NativeThreads.info()).extracting(LibraryInfo::path).containsExactlyInAnyOrderElementsOf(files);
            for (int i = 0; i < args.length; i++) {
                try (ThreadLimit limit =
                        NativeThreads.selectFile(Path.of(args[i])).limit(2)) {
                    assertThat(limit.applied())
                            .extracting(applied -> applied.library().path())
                            .containsExactly(files.get(i));
                    for (int j = 0; j < args.length; j++) {
                        assertThat(copies.get(j).works()).isEqualTo(i == j ? 2 : DEFAULT_THREADS);
                    }
                }
            }
            assertThat(copies).extracting(FakeLibrary::works).containsOnly(DEFAULT_THREADS);
        }
    }

    /** A library that depends on a BLAS finds its functions too, but they are not its own. */
    @Test
    void aLibraryThatOnlyUsesABlasIsNoBlas() throws Exception {
        ChildJvm.of(NoBlas.class, built("libheddle_thread_limit_jni.so"), built("libheddle_openmp_probe_gomp.so"))
                .succeeds();
    }

    static final class NoBlas {
        public static void main(String[] args) {
            FakeLibrary.open(Path.of(args[0]));
            FakeLibrary.open(Path.of(args[1])); // its functions are libgomp's
            assertThat(NativeThreads.info()).extracting(LibraryInfo::prefix).containsExactly("libgomp");
        }
    }
}
