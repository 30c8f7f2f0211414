package io.heddle;

import static io.heddle.fixture.Eventually.eventually;
import static io.heddle.fixture.FakeLibrary.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.blis;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.currentOpenMpOpenBlas;
import static io.heddle.fixture.NativeFiles.openBlas;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.heddle.control.LibraryInfo;
import io.heddle.control.UserApi;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.fixture.Warnings;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes back after a limit, and what is said where a library does not do what it is asked. */
class NativeSettingsTest {
    @TempDir
    Path folder;

    /** MKL's dispatcher is not called where its layers are missing, so they are there by name. */
    private Path mklFakeWithLayers(String built) throws IOException {
        for (String layer : List.of(
                "libmkl_core.so.2",
                "libmkl_intel_lp64.so.2",
                "libmkl_intel_thread.so.2",
                "libmkl_gnu_thread.so.2",
                "libiomp5.so")) {
            Files.createFile(folder.resolve(layer));
        }
        return Files.copy(built(built), folder.resolve("libmkl_rt.so.2"));
    }

    @Test
    void mklFollowsTheProcessAgainWhereItDidBefore() throws Exception {
        ChildJvm.of(MklLocal.class, mklFakeWithLayers("libmkl_rt_fake.so")).succeeds();
    }

    static final class MklLocal {
        public static void main(String[] args) throws Exception {
            FakeLibrary mkl = FakeLibrary.open(Path.of(args[0]));
            try (ThreadLimit limit = NativeThreads.limit(2)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(mkl.works()).isEqualTo(2);
                assertThat(onThread("other", mkl::works)).isEqualTo(DEFAULT_THREADS);
            }
            assertThat(mkl.works()).isEqualTo(DEFAULT_THREADS);
            mkl.set("MKL_Set_Num_Threads", 5);
            assertThat(mkl.works()).isEqualTo(5);

            mkl.set("MKL_Set_Num_Threads_Local", 3);
            try (ThreadLimit outer = NativeThreads.limit(4);
                    ThreadLimit inner = NativeThreads.limit(1)) {
                assertThat(outer.threads()).isGreaterThan(inner.threads());
                assertThat(mkl.works()).isEqualTo(1);
            }
            mkl.set("MKL_Set_Num_Threads", 6);
            assertThat(mkl.works()).isEqualTo(3); // its own number came back
        }
    }

    @Test
    void blisHasNoNumberAgainWhereItHadNone() throws Exception {
        ChildJvm.of(BlisUnset.class, built("libblis_fake.so")).succeeds();
    }

    static final class BlisUnset {
        public static void main(String[] args) {
            FakeLibrary blis = FakeLibrary.open(Path.of(args[0]));
            assertThat(blis.getLong("bli_thread_get_num_threads")).isEqualTo(-1);
            assertThat(NativeThreads.info())
                    .singleElement()
                    .satisfies(info -> assertThat(info.threads()).hasValue(1));
            try (ThreadLimit limit = NativeThreads.limit(4)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(blis.works()).isEqualTo(4);
            }
            assertThat(blis.getLong("bli_thread_get_num_threads")).isEqualTo(-1);
        }
    }

    @Test
    void loopsOfBlisThatHaveTheirOwnNumberAreTold() throws Exception {
        ChildJvm.of(BlisWays.class, built("libblis_fake_ways.so")).succeeds();
    }

    static final class BlisWays {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            FakeLibrary blis = FakeLibrary.open(Path.of(args[0]));
            assertThat(NativeThreads.info())
                    .singleElement()
                    .satisfies(info -> assertThat(info.threads()).hasValue(2));
            for (int round = 0; round < 3; round++) {
                try (ThreadLimit limit = NativeThreads.limit(1)) {
                    assertThat(limit.applied()).singleElement().satisfies(applied -> {
                        assertThat(applied.asked()).isEqualTo(1);
                        assertThat(applied.inForce()).isEqualTo(2);
                    });
                    assertThat(blis.works()).isEqualTo(2);
                }
            }
            assertThat(blis.getLong("bli_thread_get_num_threads")).isEqualTo(-1);
            assertThat(warnings.with("BLIS_JC_NT"))
                    .singleElement()
                    .asString()
                    .contains(args[0], "asked for 1", "answers 2", "no limit holds", "BLIS_NUM_THREADS");
        }
    }

    @Test
    void theRealBlisWithLoopsOfItsOwnNumberIsToldByUse() throws Exception {
        ChildJvm.of(RealWays.class, blis("libblis4-pthread"))
                .environment("BLIS_JC_NT", "2")
                .succeeds();
    }

    static final class RealWays {
        public static void main(String[] args) throws Exception {
            Warnings warnings = Warnings.collect();
            BlasCalls.Product product = BlasCalls.open(args).product(1000);
            onThread("owner", () -> {
                assertThat(NativeThreads.info())
                        .singleElement()
                        .satisfies(info -> assertThat(info.threads()).hasValue(2));
                try (ThreadLimit limit = NativeThreads.limit(1)) {
                    product.multiply();
                    assertThat(eventually(2, () -> limit.countWorking(product::multiply)))
                            .isEqualTo(2);
                }
                return null;
            });
            assertThat(warnings.with("BLIS_JC_NT")).hasSize(1);
        }
    }

    @Test
    void aNumberThatIsCutToTheMaximumIsTold() throws Exception {
        ChildJvm.of(Maximum.class, built("libopenblas_fake_maximum.so"), built("libblis_fake_maximum.so"))
                .succeeds();
    }

    static final class Maximum {
        private static final int MAXIMUM = 4;

        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            FakeLibrary openBlas = FakeLibrary.open(Path.of(args[0]));
            openBlas.set("openblas_set_num_threads", 3);
            FakeLibrary blis = FakeLibrary.open(Path.of(args[1]));
            for (int round = 0; round < 2; round++) {
                try (ThreadLimit limit = NativeThreads.limit(6)) {
                    assertThat(limit.applied()).hasSize(2).allSatisfy(applied -> {
                        assertThat(applied.asked()).isEqualTo(6);
                        assertThat(applied.inForce()).isEqualTo(MAXIMUM);
                        assertThat(applied.library().threads()).hasValue(MAXIMUM);
                    });
                    try (ThreadLimit inner = NativeThreads.limit(2)) {
                        assertThat(inner.applied())
                                .allSatisfy(
                                        applied -> assertThat(applied.inForce()).isEqualTo(2));
                    }
                    assertThat(openBlas.works()).isEqualTo(MAXIMUM);
                    assertThat(blis.works()).isEqualTo(MAXIMUM);
                }
            }
            assertThat(openBlas.works()).isEqualTo(3);
            assertThat(blis.getLong("bli_thread_get_num_threads")).isEqualTo(-1);
            for (String file : args) {
                assertThat(warnings.with(file + " was asked"))
                        .singleElement()
                        .asString()
                        .contains("6 threads", "answers 4", "its own maximum", "countWorking");
            }
            assertThat(warnings.with("other code")).isEmpty();
        }
    }

    @Test
    void aNumberThatALibraryResetsInItsOwnCallIsToldOnce() throws Exception {
        ChildJvm.of(
                        Resets.class,
                        built("libopenblas_fake_resetting.so"),
                        built("libblis_fake_resetting.so"),
                        mklFakeWithLayers("libmkl_rt_fake_resetting.so"))
                .succeeds();
    }

    static final class Resets {
        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            List<FakeLibrary> fakes =
                    Arrays.stream(args).map(Path::of).map(FakeLibrary::open).toList();
            for (int round = 0; round < 3; round++) {
                try (ThreadLimit limit = NativeThreads.limit(2)) {
                    assertThat(limit.applied()).hasSize(3);
                    fakes.forEach(FakeLibrary::works);
                    assertThat(limit.applied())
                            .allSatisfy(applied -> assertThat(applied.inForce()).isNotEqualTo(2));
                }
            }
            for (String file : args) {
                assertThat(warnings.with(file + " was set"))
                        .singleElement()
                        .asString()
                        .contains("by itself in one of its calls", "held it at 2", "left alone");
            }
            assertThat(NativeThreads.info())
                    .extracting(LibraryInfo::threads)
                    .containsExactly(
                            OptionalInt.of(DEFAULT_THREADS), OptionalInt.of(1), OptionalInt.of(DEFAULT_THREADS));
        }
    }

    /** As one whose getter tells what its setter was told, and whose calls do as they like. */
    @Test
    void moreThreadsThanALimitAllowsAreCountedByUse() throws Exception {
        ChildJvm.of(TwoWork.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class TwoWork {
        private static final long BUSY_NANOS = 300_000_000;

        public static void main(String[] args) {
            Warnings warnings = Warnings.collect();
            List<Integer> counts = new ArrayList<>();
            FakeLibrary.open(Path.of(args[0]));
            try (ThreadLimit one = NativeThreads.limit(1)) {
                assertThat(eventually(1, () -> one.countWorking(TwoWork::spin))).isEqualTo(1);
                for (int i = 0; i < 2; i++) {
                    assertThat(eventually(2, () -> {
                                int count = one.countWorking(TwoWork::spinOnTwo);
                                counts.add(count);
                                return count;
                            }))
                            .isEqualTo(2);
                }
            }
            int told = counts.stream().filter(count -> count > 1).findFirst().orElseThrow();
            assertThat(warnings.with("threads worked under a limit"))
                    .singleElement()
                    .asString()
                    .contains(told + " threads worked under a limit of 1", args[0], "environment variable");
        }

        private static void spinOnTwo() {
            Thread second = Thread.ofPlatform().start(TwoWork::spin);
            spin();
            try {
                second.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        private static void spin() {
            long end = System.nanoTime() + BUSY_NANOS;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        }
    }

    /** Hazard: a build since 0.3.34 whose own setter was called keeps that number. */
    @Test
    void aNumberThatSomebodySetInACurrentOpenMpBuildIsNotUndercut() throws Exception {
        currentBuild(SetExplicitly.class).timeLimit(Duration.ofSeconds(40)).succeeds();
    }

    static final class SetExplicitly {
        public static void main(String[] args) throws Exception {
            Warnings warnings = Warnings.collect();
            BlasCalls blas = BlasCalls.open(args);
            blas.setNumThreads(2);
            BlasCalls.Product product = blas.product(400);
            onThread("owner", () -> {
                for (int round = 0; round < 5; round++) {
                    try (ThreadLimit limit = NativeThreads.limit(1)) {
                        assertThat(limit.applied()).singleElement().satisfies(applied -> {
                            assertThat(applied.asked()).isEqualTo(1);
                            assertThat(applied.inForce()).isEqualTo(2);
                        });
                        assertThat(product.multipliesRight()).isTrue();
                    }
                }
                return null;
            });
            assertThat(warnings.with("openblas_set_num_threads"))
                    .singleElement()
                    .asString()
                    .contains("asked for 1", "answers 2", "hangs", "OMP_NUM_THREADS");
        }
    }

    @Test
    void aNumberThatSomebodySetsInsideALimitIsNotUndercutByTheNext() throws Exception {
        currentBuild(SetInside.class).timeLimit(Duration.ofSeconds(40)).succeeds();
    }

    static final class SetInside {
        public static void main(String[] args) throws Exception {
            BlasCalls blas = BlasCalls.open(args);
            BlasCalls.Product product = blas.product(400);
            onThread("owner", () -> {
                try (ThreadLimit outer = NativeThreads.limit(1)) {
                    assertThat(outer.applied())
                            .singleElement()
                            .satisfies(applied -> assertThat(applied.inForce()).isEqualTo(1));
                    onThread("setter", () -> {
                        blas.setNumThreads(2);
                        return null;
                    });
                    try (ThreadLimit inner = NativeThreads.limit(1)) {
                        assertThat(inner.threads()).isEqualTo(1);
                        assertThat(product.multipliesRight()).isTrue();
                    }
                    assertThat(product.multipliesRight()).isTrue();
                }
                return null;
            });
        }
    }

    @Test
    void undercuttingThatNumberIsTheHazard() throws Exception {
        ChildJvm.Outcome outcome =
                currentBuild(Undercut.class).timeLimit(Duration.ofSeconds(8)).run();
        outcome.assertNoFailedAssertion();
        assumeFalse(outcome.ended() && outcome.status() == 0, "this build does not hang");
        assertThat(outcome.out()).contains("multiplying").doesNotContain("multiplied");
    }

    static final class Undercut {
        public static void main(String[] args) {
            BlasCalls blas = BlasCalls.open(args);
            blas.setNumThreads(2);
            FakeLibrary.of(NativeLibrary.open(Path.of(args[0]))).set("omp_set_num_threads", 1);
            System.out.println("multiplying");
            for (int round = 0; round < 5; round++) {
                blas.product(400).multiply();
            }
            System.out.println("multiplied");
        }
    }

    private static ChildJvm currentBuild(Class<?> main) {
        return ChildJvm.of(main, currentOpenMpOpenBlas())
                .environment("OMP_NUM_THREADS", "2")
                .environment("OMP_WAIT_POLICY", "passive");
    }

    /** A library's own setter that says nothing to the runtime it takes its threads from. */
    @Test
    void aBuildBefore0334TakesALimitAfterItsOwnSetterToo() throws Exception {
        ChildJvm.of(SetBefore.class, openBlas("libopenblas0-openmp"))
                .environment("OMP_NUM_THREADS", "2")
                .succeeds();
    }

    static final class SetBefore {
        public static void main(String[] args) throws Exception {
            BlasCalls blas = BlasCalls.open(args);
            blas.setNumThreads(2);
            onThread("owner", () -> {
                try (ThreadLimit limit = NativeThreads.select(UserApi.BLAS).limit(1)) {
                    assertThat(limit.applied())
                            .singleElement()
                            .satisfies(applied -> assertThat(applied.inForce()).isEqualTo(1));
                    assertThat(blas.product(300).multipliesRight()).isTrue();
                }
                return null;
            });
        }
    }
}
