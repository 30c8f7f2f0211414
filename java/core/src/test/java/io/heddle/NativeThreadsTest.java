package io.heddle;

import static io.heddle.fixture.FakeOpenBlas.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeWork.onThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.heddle.control.LibraryInfo;
import io.heddle.control.UserApi;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeOpenBlas;
import io.heddle.fixture.OpenMpRegion;
import io.heddle.fixture.Warnings;
import io.heddle.limit.ThreadLimit;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a limit does, what it refuses, and whom it leaves alone. */
class NativeThreadsTest {
    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void fewerThanOneThreadIsRefused(int threads) {
        assertThatThrownBy(() -> NativeThreads.limit(threads))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("threads = " + threads)
                .hasMessageContaining("1 (no inner parallelism) or more");
        assertThatThrownBy(() -> NativeThreads.select(UserApi.BLAS).limit(threads))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Hazard 7. */
    @Test
    void aVirtualThreadIsRefusedAndToldWhatToDo() throws Exception {
        FutureTask<Throwable> refusal = new FutureTask<>(() -> catchThrowable(() -> NativeThreads.limit(1)));
        Thread.ofVirtual().name("virtual").start(refusal);
        assertThat(refusal.get())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("limit(1)")
                .hasMessageContaining("virtual thread")
                .hasMessageContaining("carrier")
                .hasMessageContaining("platform thread")
                .hasMessageContaining("Parallel");
    }

    @Test
    void aFullStackIsAnErrorAndNotTheEndOfTheJvm() throws Exception {
        ChildJvm.of(FullStack.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class FullStack {
        public static void main(String[] args) {
            FakeOpenBlas.open(Path.of(args[0]));
            for (int round = 0; round < 20; round++) {
                assertThat(catchThrowable(FullStack::recurse)).isInstanceOf(StackOverflowError.class);
            }
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
            }
        }

        @SuppressWarnings("InfiniteRecursion") // ends with the stack
        private static void recurse() {
            NativeThreads.refreshLimits();
            Parallel.jobs(1).range(1, index -> index);
            recurse();
        }
    }

    @Test
    void onlyTheThreadThatOpenedALimitMayUseIt() throws Exception {
        ChildJvm.of(OtherThread.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class OtherThread {
        public static void main(String[] args) throws Exception {
            FakeOpenBlas fake = FakeOpenBlas.open(Path.of(args[0]));
            try (ThreadLimit limit = NativeThreads.limit(2)) {
                onThread("other", () -> {
                    for (Runnable use : List.<Runnable>of(limit::close, limit::refresh, limit::applied)) {
                        assertThatThrownBy(use::run)
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("native-other")
                                .hasMessageContaining("main")
                                .hasMessageContaining("try-with-resources");
                    }
                    return null;
                });
                assertThat(fake.threads()).isEqualTo(2); // still open
                assertThat(limit.applied()).hasSize(1);
            }
            assertThat(fake.threads()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void aClosedLimitCanBeClosedAgainButNotUsed() throws Exception {
        ChildJvm.of(Closed.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class Closed {
        public static void main(String[] args) {
            FakeOpenBlas fake = FakeOpenBlas.open(Path.of(args[0]));
            ThreadLimit outer = NativeThreads.limit(3);
            ThreadLimit limit = NativeThreads.limit(2);
            limit.close();
            limit.close();
            assertThat(fake.threads()).isEqualTo(3); // the second close took nothing from the outer limit
            for (Runnable use : List.<Runnable>of(limit::refresh, limit::applied)) {
                assertThatThrownBy(use::run)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("closed")
                        .hasMessageContaining("NativeThreads.limit");
            }
            assertThat(limit.threads()).isEqualTo(2);
            outer.close();
            assertThat(fake.threads()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void nestedLimitsOfOneThreadHoldTheLeastInWhateverOrderTheyClose() throws Exception {
        ChildJvm.of(Nested.class, built("libopenblas_fake.so"), built("libheddle_openmp_probe_gomp.so"))
                .environment("OMP_NUM_THREADS", "5")
                .environment("OMP_DYNAMIC", "false")
                .succeeds();
    }

    static final class Nested {
        public static void main(String[] args) {
            FakeOpenBlas fake = FakeOpenBlas.open(Path.of(args[0]));
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[1]));
            List<LibraryInfo> before = NativeThreads.info();
            ThreadLimit three = NativeThreads.limit(3);
            ThreadLimit one = NativeThreads.limit(1);
            ThreadLimit two = NativeThreads.limit(2);
            expect(fake, region, 1);
            three.close();
            expect(fake, region, 1);
            ThreadLimit four = NativeThreads.limit(4);
            one.close();
            expect(fake, region, 2);
            two.close();
            expect(fake, region, 4);
            four.close();
            assertThat(region.threads()).isEqualTo(5);
            assertThat(NativeThreads.info()).isEqualTo(before);
        }

        private static void expect(FakeOpenBlas fake, OpenMpRegion region, int threads) {
            assertThat(fake.threads()).isEqualTo(threads);
            assertThat(region.threads()).isEqualTo(threads);
        }
    }

    @Test
    void aLimitOnOneInterfaceLeavesTheOtherAlone() throws Exception {
        ChildJvm.of(Selected.class, built("libopenblas_fake.so"), built("libheddle_openmp_probe_gomp.so"))
                .environment("OMP_NUM_THREADS", "3")
                .environment("OMP_DYNAMIC", "false")
                .succeeds();
    }

    static final class Selected {
        public static void main(String[] args) {
            FakeOpenBlas fake = FakeOpenBlas.open(Path.of(args[0]));
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[1]));
            try (ThreadLimit limit = NativeThreads.select(UserApi.BLAS).limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(fake.threads()).isEqualTo(1);
                assertThat(region.threads()).isEqualTo(3);
            }
            try (ThreadLimit limit = NativeThreads.select(UserApi.OPENMP).limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(fake.threads()).isEqualTo(DEFAULT_THREADS);
                assertThat(region.threads()).isEqualTo(1);
            }
            for (UserApi userApi : List.of(UserApi.BLAS, UserApi.OPENMP)) {
                assertThat(NativeThreads.select(userApi).info())
                        .singleElement()
                        .satisfies(info -> assertThat(info.userApi()).isEqualTo(userApi));
            }
            NativeSelection kept = NativeThreads.select(info -> info.prefix().equals("libopenblas"));
            assertThat(kept.info()).hasSize(1);
            assertThat(region.threads()).isEqualTo(3);
            assertThat(fake.threads()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void aFilterThatThrowsLeavesNothingLimited() throws Exception {
        ChildJvm.of(ThrowingFilter.class, built("libopenblas_fake.so"), built("libopenblas_fake64_.so"))
                .succeeds();
    }

    static final class ThrowingFilter {
        public static void main(String[] args) {
            FakeOpenBlas first = FakeOpenBlas.open(Path.of(args[0]));
            FakeOpenBlas second = FakeOpenBlas.open(Path.of(args[1]), "", "64_");
            NativeSelection selection = NativeThreads.select(info -> {
                if (info.path().endsWith("libopenblas_fake64_.so")) {
                    throw new UnsupportedOperationException("a user's filter");
                }
                return true;
            });
            assertThatThrownBy(() -> selection.limit(1)).isInstanceOf(UnsupportedOperationException.class);
            try (ThreadLimit limit = NativeThreads.limit(4)) {
                assertThat(limit.applied()).hasSize(2);
                assertThat(first.threads()).isEqualTo(4);
            }
            assertThat(first.threads()).isEqualTo(DEFAULT_THREADS);
            assertThat(second.threads()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void aNumberThatOthersSetInsideALimitIsLeftAloneWithOneWarning() throws Exception {
        ChildJvm.of(ForeignChange.class, built("libopenblas_fake.so")).succeeds();
    }

    static final class ForeignChange {
        private static final String SET_BY_OTHERS = "by other code"; // not what is said about the library itself

        public static void main(String[] args) {
            FakeOpenBlas fake = FakeOpenBlas.open(Path.of(args[0]));
            Warnings warnings = Warnings.collect();

            try (ThreadLimit limit = NativeThreads.limit(2)) {
                assertThat(limit.threads()).isEqualTo(2);
                fake.setThreads(6);
            }
            assertThat(fake.threads()).isEqualTo(6);
            assertThat(warnings.with(SET_BY_OTHERS))
                    .singleElement()
                    .asString()
                    .contains(args[0], "6", "2", "NativeThreads.limit");

            try (ThreadLimit outer = NativeThreads.limit(3)) {
                assertThat(outer.threads()).isEqualTo(3);
                try (ThreadLimit inner = NativeThreads.limit(1)) {
                    assertThat(inner.threads()).isEqualTo(1);
                    fake.setThreads(7);
                }
                assertThat(fake.threads()).isEqualTo(7);
            }
            assertThat(fake.threads()).isEqualTo(7);
            assertThat(warnings.with(SET_BY_OTHERS)).hasSize(1); // it was said once

            try (ThreadLimit outer = NativeThreads.limit(3)) {
                assertThat(outer.threads()).isEqualTo(3);
                fake.setThreads(4);
                try (ThreadLimit inner = NativeThreads.limit(1)) {
                    assertThat(inner.threads()).isEqualTo(1);
                    assertThat(fake.threads()).isEqualTo(1); // what a limit asks for holds
                }
            }
            assertThat(fake.threads()).isEqualTo(4); // and their number comes back
            assertThat(warnings.with(SET_BY_OTHERS)).hasSize(1);
        }
    }
}
