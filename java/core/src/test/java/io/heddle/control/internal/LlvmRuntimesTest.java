package io.heddle.control.internal;

import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.libomp;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.NativeThreads;
import io.heddle.bindings.omp_get_max_threads_fn;
import io.heddle.control.LibraryInfo;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.OpenMpRegion;
import io.heddle.limit.ThreadLimit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hazard 5: a second LLVM runtime that gets initialised ends the process, so one that was not used is never called. */
class LlvmRuntimesTest {
    private static final String GNU_PROBE = "libheddle_openmp_probe_gomp.so";
    private static final String LLVM_PROBE = "libheddle_openmp_probe_omp.so";

    @TempDir
    Path folder;

    private static ChildJvm child(Class<?> main, Path... arguments) {
        return ChildJvm.of(main, arguments).environment("OMP_NUM_THREADS", "3").environment("OMP_DYNAMIC", "false");
    }

    @Test
    void aRuntimeThatWasNotUsedIsListedAndLeftAloneUntilItIsUsed() throws Exception {
        child(Unused.class, built(LLVM_PROBE), built(GNU_PROBE)).succeeds();
    }

    static final class Unused {
        public static void main(String[] args) throws Exception {
            OpenMpRegion llvm = OpenMpRegion.open(Path.of(args[0]));
            OpenMpRegion gnu = OpenMpRegion.open(Path.of(args[1]));
            assertThat(info("libomp").threads()).isEmpty();
            assertThat(info("libgomp").threads()).hasValue(3);
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied())
                        .singleElement()
                        .satisfies(applied ->
                                assertThat(applied.library().prefix()).isEqualTo("libgomp"));
                assertThat(gnu.threads()).isEqualTo(1);
                limit.refresh();
                assertThat(limit.applied()).hasSize(1);
            }
            assertThat(info("libomp").threads()).isEmpty();
            assertThat(LlvmRuntimes.initialised()).isEmpty();
            long pid = ProcessHandle.current().pid();
            assertThat(ChildJvm.openMpRegistrations(pid)).isEmpty();

            assertThat(llvm.threads()).isEqualTo(3); // its first use
            assertThat(info("libomp").threads()).hasValue(3);
            try (ThreadLimit limit = NativeThreads.limit(2)) {
                assertThat(limit.applied()).hasSize(2);
                assertThat(llvm.threads()).isEqualTo(2);
                assertThat(gnu.threads()).isEqualTo(2);
                assertThat(onThread("other", llvm::threads)).isEqualTo(3);
            }
            assertThat(llvm.threads()).isEqualTo(3);
            assertThat(gnu.threads()).isEqualTo(3);
        }
    }

    @Test
    void aRuntimeFirstUsedUnderALimitComesUnderItByRefresh() throws Exception {
        child(UsedLater.class, built(LLVM_PROBE)).succeeds();
    }

    static final class UsedLater {
        public static void main(String[] args) {
            OpenMpRegion llvm = OpenMpRegion.open(Path.of(args[0]));
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).isEmpty();
                assertThat(llvm.threads()).isEqualTo(3);
                limit.refresh();
                assertThat(limit.applied()).hasSize(1);
                assertThat(llvm.threads()).isEqualTo(1);
            }
            assertThat(llvm.threads()).isEqualTo(3);
        }
    }

    @Test
    void aSecondUnusedRuntimeIsNotTakenForTheUsedOne() throws Exception {
        child(SecondCopy.class, built(LLVM_PROBE), copyOfLibomp()).succeeds();
    }

    static final class SecondCopy {
        public static void main(String[] args) throws Exception {
            OpenMpRegion llvm = OpenMpRegion.open(Path.of(args[0]));
            assertThat(llvm.threads()).isEqualTo(3);
            NativeLibrary.open(Path.of(args[1]));
            Path copy = Path.of(args[1]).toRealPath();
            List<LibraryInfo> infos = NativeThreads.info();
            assertThat(infos).hasSize(2);
            for (LibraryInfo info : infos) {
                assertThat(info.threads().isPresent()).isEqualTo(!info.path().equals(copy));
            }
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(llvm.threads()).isEqualTo(1);
            }
            assertThat(llvm.threads()).isEqualTo(3);
        }
    }

    /** The control of the test above: without the care, the same libraries end the JVM. */
    @Test
    void askingTheSecondRuntimeEndsTheProcess() throws Exception {
        ChildJvm.Outcome outcome =
                child(AskedSecondCopy.class, built(LLVM_PROBE), copyOfLibomp()).run();
        outcome.assertNoFailedAssertion();
        assumeTrue(
                outcome.status() != 0,
                "the hazard does not show on this build: a second libomp was initialised beside the first");
        assertThat(outcome.err()).contains("OMP: Error #15");
    }

    static final class AskedSecondCopy {
        public static void main(String[] args) {
            assertThat(OpenMpRegion.open(Path.of(args[0])).threads()).isEqualTo(3);
            NativeLibrary copy = NativeLibrary.open(Path.of(args[1]));
            omp_get_max_threads_fn.invoke(copy.findOwn("omp_get_max_threads").orElseThrow());
        }
    }

    @Test
    void aRegistrationLeftByAnotherProcessIsNotBelieved() {
        assertThat(LlvmRuntimes.flagAddress("0x7fca7df5e980-cafe5d46-libomp.so.5"))
                .hasValue(0x7fca7df5e980L);
        assertThat(LlvmRuntimes.flagAddress("0xffffffffffffffff-1-x")).hasValue(-1L);
        assertThat(LlvmRuntimes.flagAddress("")).isEmpty();
        assertThat(LlvmRuntimes.flagAddress("0x-1-libomp.so")).isEmpty();
        assertThat(LlvmRuntimes.flagAddress("0x10000000000000000000-1-libomp.so"))
                .isEmpty();
        assertThat(LlvmRuntimes.initialised()).isEmpty(); // none in the JVM of the tests
    }

    private Path copyOfLibomp() throws Exception {
        return Files.copy(libomp().toRealPath(), folder.resolve("libomp-copy.so.5"));
    }

    private static LibraryInfo info(String prefix) {
        return NativeThreads.select(info -> info.prefix().equals(prefix)).info().getFirst();
    }
}
