package io.heddle;

import static io.heddle.fixture.Eventually.eventually;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.mkl;
import static io.heddle.fixture.NativeFiles.openBlas;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.heddle.control.LibraryInfo;
import io.heddle.control.ThreadingLayer;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.fixture.OpenMpRegion;
import io.heddle.fixture.Warnings;
import io.heddle.limit.AppliedLimit;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real MKL, whose dispatcher chooses and loads its layers at the first call. */
class MklTest {
    private static final int ABORTED = 134; // 128 + SIGABRT

    @TempDir
    Path folder;

    private static ChildJvm child(Class<?> main, Path... files) {
        return ChildJvm.of(main, files)
                .environment("MKL_NUM_THREADS", "2")
                .environment("MKL_DYNAMIC", "FALSE")
                .environment("OMP_NUM_THREADS", "2");
    }

    private static List<LibraryInfo> listed() {
        return NativeThreads.select(info -> info.internalApi().equals("mkl")).info();
    }

    private static boolean isMapped(String file) throws IOException {
        return Files.readString(Path.of("/proc/self/maps")).contains(file);
    }

    @Test
    void anMklThatWasNotUsedIsListedAndNotTouched() throws Exception {
        child(Unused.class, mkl()).succeeds();
    }

    static final class Unused {
        public static void main(String[] args) throws IOException {
            NativeLibrary.open(Path.of(args[0]));
            for (int round = 0; round < 3; round++) {
                assertThat(listed()).singleElement().satisfies(info -> {
                    assertThat(info.threads()).isEmpty();
                    assertThat(info.version()).isEmpty();
                    assertThat(info.threadingLayer()).isEqualTo(ThreadingLayer.UNKNOWN);
                });
            }
            assertThat(isMapped("libmkl_rt")).isTrue();
            assertThat(isMapped("libmkl_core")).isFalse();
        }
    }

    @Test
    void theFirstCallOfAllIsUnderTheLimitAlready() throws Exception {
        child(FirstCall.class, mkl()).succeeds();
    }

    static final class FirstCall {
        public static void main(String[] args) throws Exception {
            BlasCalls.Product product = BlasCalls.open(args).product(1500);
            onThread("owner", () -> {
                try (ThreadLimit limit = NativeThreads.limit(1)) {
                    assertThat(isMapped("libmkl_core")).isTrue();
                    assertThat(limit.applied())
                            .filteredOn(
                                    applied -> applied.library().internalApi().equals("mkl"))
                            .extracting(AppliedLimit::inForce)
                            .containsExactly(1);
                    assertThat(limit.countWorking(product::multiply)).isEqualTo(1);
                    assertThat(listed())
                            .singleElement()
                            .satisfies(info -> assertThat(info.threads()).hasValue(1));
                }
                try (ThreadLimit two = NativeThreads.limit(2)) {
                    assertThat(eventually(2, () -> two.countWorking(product::multiply)))
                            .isEqualTo(2);
                }
                return null;
            });
        }
    }

    /** The dispatcher loads an interface library, which exports the same setters. */
    @Test
    void theLayersOfOneMklAreNoSecondLibrary() throws Exception {
        child(Layers.class, mkl()).succeeds();
    }

    static final class Layers {
        public static void main(String[] args) throws IOException {
            FakeLibrary mkl = FakeLibrary.open(Path.of(args[0]));
            assertThat(mkl.get("MKL_Get_Max_Threads")).isEqualTo(2);
            assertThat(isMapped("libmkl_intel_lp64")).isTrue();
            assertThat(listed()).singleElement().satisfies(info -> {
                assertThat(info.prefix()).isEqualTo("libmkl_rt");
                assertThat(info.threadingLayer()).isEqualTo(ThreadingLayer.INTEL);
                assertThat(info.version()).isPresent();
                assertThat(info.threads()).hasValue(2);
            });
        }
    }

    /** A thread without a number of its own follows that of the process; a number that was only read would not. */
    @Test
    void aThreadThatFollowedTheProcessFollowsItAgainAfterTheLimit() throws Exception {
        child(Follows.class, mkl()).succeeds();
    }

    static final class Follows {
        public static void main(String[] args) {
            FakeLibrary mkl = FakeLibrary.open(Path.of(args[0]));
            assertThat(mkl.get("MKL_Get_Max_Threads")).isEqualTo(2);
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.threads()).isEqualTo(1);
                mkl.set("MKL_Set_Num_Threads", 4);
                assertThat(mkl.get("MKL_Get_Max_Threads")).isEqualTo(1);
            }
            assertThat(mkl.get("MKL_Get_Max_Threads")).isEqualTo(4);
            mkl.set("MKL_Set_Num_Threads", 3);
            assertThat(mkl.get("MKL_Get_Max_Threads")).isEqualTo(3);
        }
    }

    @Test
    void anMklWithoutItsLayersIsLeftAloneWithOneWarning() throws Exception {
        child(Incomplete.class, Files.copy(mkl(), folder.resolve("libmkl_rt.so.2")))
                .succeeds();
    }

    static final class Incomplete {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            NativeLibrary.open(Path.of(args[0]));
            for (int round = 0; round < 3; round++) {
                try (ThreadLimit limit = NativeThreads.limit(1)) {
                    assertThat(limit.applied()).isEmpty();
                }
                assertThat(listed())
                        .singleElement()
                        .satisfies(info -> assertThat(info.threads()).isEmpty());
            }
            assertThat(warnings.with("is not used yet"))
                    .singleElement()
                    .asString()
                    .contains(args[0], "layer", "not beside it", "into one folder", "MKL_THREADING_LAYER");
        }
    }

    /** Where libgomp is loaded the dispatcher takes its layer, even if MKL_THREADING_LAYER says INTEL. */
    @Test
    void anMklWithoutTheLayerThatItIsGoingToTakeIsLeftAlone() throws Exception {
        for (String layer : List.of("libmkl_core.so.2", "libmkl_intel_thread.so.2", "libiomp5.so")) {
            Files.createFile(folder.resolve(layer)); // the names are enough, as none is to be opened
        }
        Path alone = Files.copy(mkl(), folder.resolve("libmkl_rt.so.2"));
        child(NoGnuLayer.class, openBlas("libopenblas0-openmp")[2], alone)
                .environment("MKL_THREADING_LAYER", "INTEL")
                .succeeds();
    }

    static final class NoGnuLayer {
        public static void main(String[] args) {
            NativeLibrary.open(Path.of(args[0]));
            NativeLibrary.open(Path.of(args[1]));
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied())
                        .extracting(applied -> applied.library().internalApi())
                        .containsExactly("openmp");
            }
            assertThat(listed())
                    .singleElement()
                    .satisfies(info -> assertThat(info.threads()).isEmpty());
        }
    }

    @Test
    void anMklBesideAnLlvmRuntimeInUseIsLeftAloneWithOneWarning() throws Exception {
        child(BesideLlvm.class, built("libheddle_openmp_probe_omp.so"), mkl()).succeeds();
    }

    static final class BesideLlvm {
        public static void main(String[] args) throws IOException {
            Warnings warnings = Warnings.collect();
            OpenMpRegion llvm = OpenMpRegion.open(Path.of(args[0]));
            assertThat(llvm.threads()).isEqualTo(2);
            NativeLibrary.open(Path.of(args[1]));
            for (int round = 0; round < 3; round++) {
                try (ThreadLimit limit = NativeThreads.limit(1)) {
                    assertThat(limit.applied())
                            .extracting(applied -> applied.library().internalApi())
                            .containsExactly("openmp");
                    assertThat(llvm.threads()).isEqualTo(1);
                }
            }
            assertThat(isMapped("libmkl_core")).isFalse();
            assertThat(warnings.with("is not used yet"))
                    .singleElement()
                    .asString()
                    .contains("Error #15", "MKL_THREADING_LAYER=GNU");
        }
    }

    /** A layer that was chosen is not one that was loaded: asking would load it, and end the process where its file is missing. */
    @Test
    void anMklWhoseLayerWasChosenButNotUsedIsNotTouched() throws Exception {
        child(Chosen.class, mkl()).succeeds();
    }

    static final class Chosen {
        private static final int SEQUENTIAL = 1; // whose file is not there

        public static void main(String[] args) throws IOException {
            FakeLibrary.open(Path.of(args[0])).set("MKL_Set_Threading_Layer", SEQUENTIAL);
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).isEmpty();
            }
            assertThat(listed())
                    .singleElement()
                    .satisfies(info -> assertThat(info.threads()).isEmpty());
            assertThat(isMapped("libmkl_core")).isFalse();
        }
    }

    @Test
    void anMklWithoutTheInterfaceThatItIsGoingToTakeIsLeftAlone() throws Exception {
        child(NoGnuLayer.class, openBlas("libopenblas0-openmp")[2], mkl())
                .environment("MKL_INTERFACE_LAYER", "GNU,ILP64")
                .succeeds();
    }

    /** Using Intel's runtime through MKL would end the process at the first use of LLVM's. */
    @Test
    void anMklBesideAnLlvmRuntimeThatIsOnlyLoadedIsLeftAlone() throws Exception {
        child(BesideLoadedLlvm.class, built("libheddle_openmp_probe_omp.so"), mkl())
                .succeeds();
    }

    static final class BesideLoadedLlvm {
        public static void main(String[] args) throws IOException {
            OpenMpRegion llvm = OpenMpRegion.open(Path.of(args[0]));
            NativeLibrary.open(Path.of(args[1]));
            NativeThreads.limit(1).close();
            assertThat(isMapped("libmkl_core")).isFalse();
            assertThat(llvm.threads()).isEqualTo(2);
        }
    }

    /** What the warning says is to be done, done. */
    @Test
    void anMklOnGnusRuntimeIsLimitedBesideAnLlvmRuntimeInUse() throws Exception {
        child(GnuBesideLlvm.class, built("libheddle_openmp_probe_omp.so"), mkl())
                .environment("MKL_THREADING_LAYER", "GNU")
                .environment("KMP_BLOCKTIME", "0") // LLVM's second thread shall not spin while MKL works
                .succeeds();
    }

    static final class GnuBesideLlvm {
        public static void main(String[] args) throws Exception {
            Warnings warnings = Warnings.collect();
            assertThat(OpenMpRegion.open(Path.of(args[0])).threads()).isEqualTo(2);
            BlasCalls.Product product = BlasCalls.open(args[1]).product(1000);
            onThread("owner", () -> {
                try (ThreadLimit limit = NativeThreads.limit(1)) {
                    assertThat(limit.countWorking(product::multiply)).isEqualTo(1);
                    assertThat(listed())
                            .singleElement()
                            .satisfies(info -> assertThat(info.threads()).hasValue(1));
                }
                return null;
            });
            assertThat(warnings.with("is not used yet")).isEmpty();
        }
    }

    /** The control of {@link #anMklBesideAnLlvmRuntimeInUseIsLeftAloneWithOneWarning}. */
    @Test
    void usingMklBesideAnLlvmRuntimeInUseEndsTheProcess() throws Exception {
        ChildJvm.Outcome outcome = child(UsedBesideLlvm.class, built("libheddle_openmp_probe_omp.so"), mkl())
                .run();
        outcome.assertNoFailedAssertion();
        assumeFalse(outcome.ended() && outcome.status() == 0, "these two runtimes do not refuse each other");
        assertThat(outcome.status()).as("%s", outcome).isEqualTo(ABORTED);
    }

    static final class UsedBesideLlvm {
        public static void main(String[] args) {
            assertThat(OpenMpRegion.open(Path.of(args[0])).threads()).isEqualTo(2);
            BlasCalls.open(args[1]).product(500).multiply();
        }
    }
}
