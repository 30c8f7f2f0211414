package io.heddle;

import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.bindings.LibC;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeOpenBlas;
import io.heddle.fixture.OpenMpRegion;
import io.heddle.fixture.Warnings;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is loaded and will hurt is warned of: once, with the file and with what to do. */
class AdviceTest {
    @Test
    void aLibraryThatBelievesInMoreCpusThanAreUsable() throws Exception {
        ChildJvm.of(Believing.class, built("libopenblas_fake.so")) // it believes in 8
                .option("-XX:ActiveProcessorCount=3")
                .succeeds();
    }

    static final class Believing {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            NativeLibrary.open(Path.of(args[0]));
            NativeThreads.info();
            NativeThreads.limit(1).close();
            assertThat(warnings.with("believes in"))
                    .singleElement()
                    .asString()
                    .contains(args[0], "8 CPUs", "limit(3)", "OPENBLAS_NUM_THREADS=3", "OMP_NUM_THREADS=3");
        }
    }

    @Test
    void aLibraryThatBelievesInNoMoreIsNotWarnedOf() throws Exception {
        ChildJvm.of(NotBelieving.class, built("libopenblas_fake.so"))
                .option("-XX:ActiveProcessorCount=8")
                .succeeds();
    }

    static final class NotBelieving {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            NativeLibrary.open(Path.of(args[0]));
            NativeThreads.info();
            assertThat(warnings.with("believes in")).isEmpty();
        }
    }

    @Test
    void aLibraryThatIsKeptToFewerIsNotWarnedOf() throws Exception {
        ChildJvm.of(KeptToFewer.class, built("libopenblas_fake.so"))
                .option("-XX:ActiveProcessorCount=3")
                .succeeds();
    }

    static final class KeptToFewer {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            FakeOpenBlas.open(Path.of(args[0])).setThreads(3); // as OPENBLAS_NUM_THREADS=3 does when it is loaded
            NativeThreads.info();
            assertThat(warnings.with("believes in")).isEmpty();
        }
    }

    @Test
    void anMklThatAnswersOtherLibrariesCalls() throws Exception {
        ChildJvm.of(GlobalMkl.class, built("libmkl_rt_fake.so")).succeeds();
    }

    static final class GlobalMkl {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            NativeLibrary.open(Path.of(args[0])); // by Heddle: not in the global scope
            assertThat(NativeLibrary.findGlobal("MKL_Get_Max_Threads")).isEmpty();
            try (Arena arena = Arena.ofConfined()) {
                assertThat(LibC.dlopen(arena.allocateFrom(args[0]), LibC.RTLD_NOW() | LibC.RTLD_GLOBAL())
                                .address())
                        .isNotZero();
            }
            NativeThreads.info();
            assertThat(warnings.with("RTLD_GLOBAL"))
                    .singleElement()
                    .asString()
                    .contains(args[0], "RTLD_LOCAL", "OpenBLAS");
        }
    }

    @Test
    void anMklOfItsOwnIsNotWarnedOf() throws Exception {
        ChildJvm.of(LocalMkl.class, built("libmkl_rt_fake.so")).succeeds();
    }

    static final class LocalMkl {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            NativeLibrary.open(Path.of(args[0]));
            NativeThreads.info();
            assertThat(warnings.with("RTLD_GLOBAL")).isEmpty();
        }
    }

    @Test
    void aStackThatIsTooSmallForLapack() throws Exception {
        ChildJvm.of(SmallStack.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class SmallStack {
        public static void main(String[] args) throws Exception {
            Warnings warnings = Warnings.collect();
            NativeLibrary.open(Path.of(args[0]));
            onThread(
                    "large",
                    () -> { // 16 MB
                        NativeThreads.limit(2).close();
                        return null;
                    });
            Thread small = Thread.ofPlatform().name("small").stackSize(1 << 20).start(() -> {
                NativeThreads.limit(1).close(); // one thread needs no more
                assertThat(warnings.with("has a stack")).isEmpty();
                NativeThreads.limit(2).close();
                NativeThreads.limit(2).close();
            });
            small.join();
            assertThat(warnings.with("has a stack"))
                    .singleElement()
                    .asString()
                    .contains("small", "LAPACK", "Parallel", "-Xss16m");
        }
    }

    @Test
    void threadsOfLibgompThatSpinForEver() throws Exception {
        ChildJvm.of(Spinning.class, built("libheddle_openmp_probe_gomp.so"))
                .environment("OMP_WAIT_POLICY", "active")
                .succeeds();
        ChildJvm.of(Spinning.class, built("libheddle_openmp_probe_gomp.so"))
                .environment("GOMP_SPINCOUNT", "infinity")
                .succeeds();
    }

    @Test
    void threadsOfLibompThatSpinForLong() throws Exception {
        ChildJvm.of(Spinning.class, built("libheddle_openmp_probe_omp.so"))
                .environment("KMP_BLOCKTIME", "60000")
                .succeeds();
    }

    static final class Spinning {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[0]));
            assertThat(region.threads()).isPositive(); // an LLVM runtime is asked once it was used
            NativeThreads.info();
            NativeThreads.limit(1).close();
            assertThat(warnings.with("spin for long"))
                    .singleElement()
                    .asString()
                    .contains("OMP_WAIT_POLICY=passive", "KMP_BLOCKTIME=0");
        }
    }

    @Test
    void threadsThatSleepAreNotWarnedOf() throws Exception {
        ChildJvm.of(Sleeping.class, built("libheddle_openmp_probe_gomp.so")).succeeds();
        ChildJvm.of(Sleeping.class, built("libheddle_openmp_probe_omp.so")).succeeds();
    }

    static final class Sleeping {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            assertThat(OpenMpRegion.open(Path.of(args[0])).threads()).isPositive();
            NativeThreads.limit(1).close();
            assertThat(warnings.with("spin for long")).isEmpty();
        }
    }
}
