package io.heddle.control.internal;

import static io.heddle.fixture.NativeFiles.built;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeOpenBlas;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OpenBLAS under every name its functions go by, and builds that tell little or lie. */
class OpenBlasNamesTest {
    @Test
    void everyPrefixAndSuffixOfTheFunctionsIsKnown() throws Exception {
        ChildJvm.of(
                        Names.class,
                        built("libopenblas_fake.so"),
                        built("libopenblas_fake64_.so"),
                        built("libopenblas_fake_64.so"),
                        built("libscipy_openblas_fake.so"),
                        built("libscipy_openblas_fake64_.so"),
                        built("libscipy_openblas_fake_64.so"))
                .succeeds();
    }

    static final class Names {
        public static void main(String[] args) throws IOException {
            int file = 0;
            for (String prefix : new String[] {"", "scipy_"}) {
                for (String suffix : new String[] {"", "64_", "_64"}) {
                    Path path = Path.of(args[file++]);
                    FakeOpenBlas fake = FakeOpenBlas.open(path, prefix, suffix);
                    fake.setThreads(5);
                    assertThat(info(path)).satisfies(info -> {
                        assertThat(info.userApi()).isEqualTo(UserApi.BLAS);
                        assertThat(info.internalApi()).isEqualTo("openblas");
                        assertThat(info.prefix()).isEqualTo("lib" + prefix + "openblas");
                        assertThat(info.version()).hasValue("0.3.99");
                        assertThat(info.architecture()).hasValue("Fake");
                        assertThat(info.threadingLayer()).isEqualTo(ThreadingLayer.PTHREADS);
                        assertThat(info.limitScope()).isEqualTo(LimitScope.PROCESS);
                        assertThat(info.threads()).hasValue(5);
                    });
                    try (ThreadLimit limit = NativeThreads.limit(2)) {
                        assertThat(limit.applied()).hasSize(file);
                        assertThat(fake.threads()).isEqualTo(2);
                        assertThat(info(path).threads()).hasValue(2);
                    }
                    assertThat(fake.threads()).isEqualTo(5);
                }
            }
        }
    }

    @Test
    void aBuildThatTellsNoVersionHasNone() throws Exception {
        ChildJvm.of(NoVersion.class, built("libopenblas_fake_no_config.so")).succeeds();
    }

    static final class NoVersion {
        public static void main(String[] args) throws IOException {
            FakeOpenBlas fake = FakeOpenBlas.open(Path.of(args[0]));
            assertThat(info(Path.of(args[0])).version()).isEmpty();
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(fake.threads()).isEqualTo(1);
            }
        }
    }

    @Test
    void aSequentialBuildShowsOneThreadWhateverIsAsked() throws Exception {
        ChildJvm.of(Sequential.class, built("libopenblas_fake_sequential.so")).succeeds();
    }

    static final class Sequential {
        public static void main(String[] args) throws IOException {
            FakeOpenBlas.open(Path.of(args[0]));
            try (ThreadLimit limit = NativeThreads.limit(4)) {
                LibraryInfo info = info(Path.of(args[0]));
                assertThat(info.threadingLayer()).isEqualTo(ThreadingLayer.SEQUENTIAL);
                assertThat(info.threads()).isEqualTo(OptionalInt.of(1));
                assertThat(limit.applied()).singleElement().satisfies(applied -> {
                    assertThat(applied.asked()).isEqualTo(4);
                    assertThat(applied.inForce()).isEqualTo(1);
                });
            }
        }
    }

    @Test
    void aSetterThatDoesNothingShowsInWhatWasReadBack() throws Exception {
        ChildJvm.of(Lying.class, built("libopenblas_fake_lying.so")).succeeds();
    }

    static final class Lying {
        public static void main(String[] args) {
            FakeOpenBlas fake = FakeOpenBlas.open(Path.of(args[0]));
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(fake.setterCalls()).isOne();
                assertThat(limit.applied()).singleElement().satisfies(applied -> {
                    assertThat(applied.asked()).isEqualTo(1);
                    assertThat(applied.inForce()).isEqualTo(FakeOpenBlas.DEFAULT_THREADS);
                });
            }
        }
    }

    @Test
    void theSetterOfAnOpenMpBuildIsNeverCalled() throws Exception {
        ChildJvm.of(OpenMpBuild.class, built("libopenblas_fake_openmp.so"))
                .environment("OMP_NUM_THREADS", "5")
                .succeeds();
    }

    static final class OpenMpBuild {
        public static void main(String[] args) throws IOException {
            FakeOpenBlas fake = FakeOpenBlas.open(Path.of(args[0]));
            LibraryInfo info = info(Path.of(args[0]));
            assertThat(info.threadingLayer()).isEqualTo(ThreadingLayer.OPENMP);
            assertThat(info.limitScope()).isEqualTo(LimitScope.CURRENT_THREAD);
            assertThat(info.threads()).hasValue(5);
            // Between 1 and its number for the process such a build gives wrong results.
            for (int[] askedAndHeld : new int[][] {{1, 1}, {2, 1}, {4, 1}, {5, 5}, {9, 5}}) {
                try (ThreadLimit limit = NativeThreads.select(UserApi.BLAS).limit(askedAndHeld[0])) {
                    assertThat(limit.applied()).hasSize(1); // the runtime, which stands for both
                    assertThat(limit.applied().getFirst().inForce()).isEqualTo(askedAndHeld[1]);
                    assertThat(NativeThreads.info())
                            .allSatisfy(each -> assertThat(each.threads()).hasValue(askedAndHeld[1]));
                }
            }
            assertThat(fake.threads()).isEqualTo(5);
            assertThat(fake.setterCalls()).isZero();
        }
    }

    private static LibraryInfo info(Path file) throws IOException {
        Path real = file.toRealPath();
        return NativeThreads.info().stream()
                .filter(info -> info.path().equals(real))
                .findFirst()
                .orElseThrow(() -> new AssertionError(file + " is not in " + NativeThreads.info()));
    }

    @ParameterizedTest
    @CsvSource({
        "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64, 0.3.21",
        "OpenBLAS 0.3.31.188 DYNAMIC_ARCH, 0.3.31.188",
        "OpenBLAS 0.3.30.dev DYNAMIC_ARCH, 0.3.30.dev",
        "OpenBLAS 0.3.30, 0.3.30"
    })
    void theVersionIsReadFromTheConfiguration(String config, String version) {
        assertThat(OpenBlasController.version(config)).hasValue(version);
    }

    @ParameterizedTest
    @CsvSource({"DYNAMIC_ARCH NO_AFFINITY", "''", "OpenBLAS", "OpenBLAS NO_LAPACK"})
    void aConfigurationWithoutAVersionGivesNone(String config) {
        assertThat(OpenBlasController.version(config)).isEmpty();
    }
}
