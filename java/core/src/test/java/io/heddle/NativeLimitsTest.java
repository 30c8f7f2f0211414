package io.heddle;

import static io.heddle.fixture.FakeLibrary.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.heddle.control.LibraryInfo;
import io.heddle.control.UserApi;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.fixture.OpenMpRegion;
import io.heddle.limit.AppliedLimit;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits on some libraries, of different numbers, and around functions. */
class NativeLimitsTest {
    @TempDir
    Path folder;

    private static ChildJvm child(Class<?> main, Path... files) {
        return ChildJvm.of(main, files).environment("OMP_NUM_THREADS", "5").environment("OMP_DYNAMIC", "false");
    }

    @Test
    void theLeastOfTheNumbersThatMeanALibraryHoldsAndNoOtherIsTouched() throws Exception {
        child(
                        Mixed.class,
                        built("libopenblas_fake.so"),
                        built("libblis_fake.so"),
                        built("libheddle_openmp_probe_gomp.so"))
                .succeeds();
    }

    static final class Mixed {
        public static void main(String[] args) {
            FakeLibrary openBlas = FakeLibrary.open(Path.of(args[0]));
            FakeLibrary blis = FakeLibrary.open(Path.of(args[1]));
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[2]));
            List<LibraryInfo> before = NativeThreads.info();
            NativeLimits limits = NativeThreads.limits()
                    .of(UserApi.BLAS, 3)
                    .ofPrefix("libblis", 2)
                    .ofFile(Path.of(args[0]), 4)
                    .of(info -> info.internalApi().equals("none"), 1);
            try (ThreadLimit limit = limits.open()) {
                limits.of(UserApi.OPENMP, 1); // too late for what is open
                limit.refresh();
                assertThat(openBlas.works()).isEqualTo(3);
                assertThat(blis.works()).isEqualTo(2);
                assertThat(region.threads()).isEqualTo(5);
                assertThat(limit.threads()).isEqualTo(1);
                assertThat(limit.applied())
                        .extracting(applied -> applied.library().internalApi(), AppliedLimit::asked)
                        .containsExactlyInAnyOrder(tuple("openblas", 3), tuple("blis", 2));
                try (ThreadLimit inner =
                        NativeThreads.limits().ofPrefix("libopenblas", 1).open()) {
                    assertThat(inner.applied()).hasSize(1);
                    assertThat(openBlas.works()).isEqualTo(1);
                    assertThat(blis.works()).isEqualTo(2);
                }
                assertThat(openBlas.works()).isEqualTo(3);
            }
            try (ThreadLimit limit = limits.open()) {
                assertThat(limit.applied()).hasSize(3);
                assertThat(region.threads()).isEqualTo(1);
            }
            assertThat(NativeThreads.info()).isEqualTo(before);
        }
    }

    @Test
    void aRuntimeThatLibrariesShareGetsTheLeastOfTheirNumbers() throws Exception {
        child(Shared.class, built("libopenblas_fake_openmp.so"), built("libheddle_openmp_probe_gomp.so"))
                .succeeds();
    }

    static final class Shared {
        public static void main(String[] args) {
            FakeLibrary openBlas = FakeLibrary.open(Path.of(args[0]));
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[1]));
            for (NativeLimits limits : List.of(
                    NativeThreads.limits().of(UserApi.OPENMP, 5).of(UserApi.BLAS, 1),
                    NativeThreads.limits().of(UserApi.OPENMP, 1).of(UserApi.BLAS, 5))) {
                try (ThreadLimit limit = limits.open()) {
                    assertThat(limit.applied()).singleElement().satisfies(applied -> {
                        assertThat(applied.asked()).isEqualTo(1);
                        assertThat(applied.library().userApi()).isEqualTo(UserApi.OPENMP);
                    });
                    assertThat(openBlas.works()).isEqualTo(1);
                    assertThat(region.threads()).isEqualTo(1);
                }
            }
            assertThat(region.threads()).isEqualTo(5);
            assertThat(openBlas.setterCalls()).isZero();
        }
    }

    @Test
    void aLibraryLoadedLaterGetsItsOwnNumberOfAnOpenLimit() throws Exception {
        child(Later.class, built("libopenblas_fake.so"), built("libblis_fake.so"))
                .succeeds();
    }

    static final class Later {
        public static void main(String[] args) {
            ThreadLimit limit = NativeThreads.limits()
                    .ofPrefix("libblis", 2)
                    .ofPrefix("libopenblas", 3)
                    .open();
            assertThat(limit.applied()).isEmpty();
            FakeLibrary openBlas = FakeLibrary.open(Path.of(args[0]));
            NativeThreads.refreshLimits();
            assertThat(openBlas.works()).isEqualTo(3);
            FakeLibrary blis = FakeLibrary.open(Path.of(args[1]));
            limit.refresh();
            assertThat(blis.works()).isEqualTo(2);
            assertThat(openBlas.works()).isEqualTo(3);
            assertThat(limit.applied())
                    .extracting(AppliedLimit::asked, AppliedLimit::inForce)
                    .containsExactly(tuple(3, 3), tuple(2, 2));
            limit.close();
            assertThat(openBlas.works()).isEqualTo(DEFAULT_THREADS);
            assertThat(blis.works()).isEqualTo(1);
        }
    }

    @Test
    void sequentialBlasUnderOpenMpLeavesTheRuntimeAndWhatUsesItAlone() throws Exception {
        child(
                        Sequential.class,
                        built("libopenblas_fake.so"),
                        built("libopenblas_fake_openmp.so"),
                        built("libblis_fake_openmp.so"),
                        built("libheddle_openmp_probe_gomp.so"))
                .succeeds();
    }

    static final class Sequential {
        public static void main(String[] args) {
            FakeLibrary pthreads = FakeLibrary.open(Path.of(args[0]));
            FakeLibrary openMp = FakeLibrary.open(Path.of(args[1]));
            FakeLibrary.open(Path.of(args[2]));
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[3]));
            List<LibraryInfo> before = NativeThreads.info();
            try (ThreadLimit limit = NativeThreads.limitSequentialBlasUnderOpenMp()) {
                assertThat(limit.threads()).isEqualTo(1);
                assertThat(limit.applied())
                        .extracting(applied -> applied.library().path())
                        .containsExactly(Path.of(args[0]));
                assertThat(pthreads.works()).isEqualTo(1);
                assertThat(openMp.works()).isEqualTo(5);
                assertThat(region.threads()).isEqualTo(5);
            }
            assertThat(NativeThreads.info()).isEqualTo(before);
        }
    }

    @Test
    void aWrappedFunctionIsLimitedOnWhicheverThreadCallsIt() throws Exception {
        child(Wrapped.class, built("libopenblas_fake.so"), built("libheddle_openmp_probe_gomp.so"))
                .succeeds();
    }

    static final class Wrapped {
        public static void main(String[] args) throws Exception {
            FakeLibrary fake = FakeLibrary.open(Path.of(args[0]));
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[1]));
            Callable<Integer> blas = NativeThreads.wrap(2, fake::works);
            TaskFunction<Integer, Integer> threads = NativeThreads.wrap(3, input -> input * region.threads());
            assertThat(blas.call()).isEqualTo(2);
            assertThat(onThread("other", blas)).isEqualTo(2);
            assertThat(threads.apply(10)).isEqualTo(30);
            assertThat(onThread("other", () -> threads.apply(10))).isEqualTo(30);
            assertThat(Parallel.jobs(2).map(List.of(1, 10), NativeThreads.wrap(1, input -> input * region.threads())))
                    .containsExactly(1, 10);
            // one inside the other: the least holds, and the outer one goes on
            Callable<List<Integer>> nested =
                    NativeThreads.wrap(1, () -> List.of(fake.works(), blas.call(), fake.works()));
            assertThat(nested.call()).containsExactly(1, 1, 1);
            Callable<Integer> failing = NativeThreads.wrap(1, () -> {
                throw new IOException("a user's");
            });
            assertThatThrownBy(failing::call).isInstanceOf(IOException.class);
            assertThat(fake.works()).isEqualTo(DEFAULT_THREADS);
            assertThat(region.threads()).isEqualTo(5);
        }
    }

    @Test
    void aLibraryIsSelectedByPrefixAndByFile() throws Exception {
        Path fake = built("libopenblas_fake.so");
        Path first = Files.copy(fake, folder.resolve("libopenblas_1.so"));
        Path second = Files.copy(fake, folder.resolve("libscipy_openblas_2.so"));
        Path link = Files.createSymbolicLink(folder.resolve("link.so"), second);
        child(Selected.class, first, second, link).succeeds();
    }

    static final class Selected {
        public static void main(String[] args) throws IOException {
            FakeLibrary first = FakeLibrary.open(Path.of(args[0]));
            FakeLibrary second = FakeLibrary.open(Path.of(args[1]));
            NativeSelection byPrefix = NativeThreads.selectPrefix("libscipy_openblas");
            NativeSelection byLink = NativeThreads.selectFile(Path.of(args[2]));
            Files.delete(Path.of(args[2]));
            Path real = Path.of(args[1]).toRealPath();
            Files.delete(real);
            NativeSelection byDeleted = NativeThreads.selectFile(real);
            for (NativeSelection selection : List.of(byPrefix, byLink, byDeleted)) {
                assertThat(selection.info()).extracting(LibraryInfo::path).containsExactly(real);
                try (ThreadLimit limit = selection.limit(1)) {
                    assertThat(limit.applied()).hasSize(1);
                    assertThat(first.works()).isEqualTo(DEFAULT_THREADS);
                    assertThat(second.works()).isEqualTo(1);
                }
                assertThat(second.works()).isEqualTo(DEFAULT_THREADS);
            }
        }
    }

    @Test
    void aSelectionMeansWhatIsLoadedLaterToo() throws Exception {
        child(SelectedLater.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class SelectedLater {
        public static void main(String[] args) {
            NativeSelection byPrefix = NativeThreads.selectPrefix("libopenblas");
            NativeSelection byFile = NativeThreads.selectFile(Path.of(args[0]));
            assertThat(byPrefix.info()).isEmpty();
            assertThat(byFile.info()).isEmpty();
            NativeLibrary.open(Path.of(args[0]));
            assertThat(byPrefix.info()).hasSize(1);
            assertThat(byFile.info()).hasSize(1);
        }
    }
}
