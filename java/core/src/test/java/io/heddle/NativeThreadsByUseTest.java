package io.heddle;

import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.openBlas;
import static io.heddle.fixture.NativeWork.onThread;
import static io.heddle.fixture.NativeWork.threadsThatWork;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.NativeWork;
import io.heddle.fixture.OpenMpRegion;
import io.heddle.limit.ThreadLimit;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whom a limit affects, by the threads that really work and not by any getter: in the limit's own thread and in another. */
class NativeThreadsByUseTest {
    @Test
    void aLimitOnLibgompHoldsInItsOwnThreadOnly() throws Exception {
        ChildJvm.of(Gomp.class, built("libheddle_openmp_probe_gomp.so"))
                .environment("OMP_NUM_THREADS", "3")
                .environment("OMP_DYNAMIC", "false")
                .succeeds();
    }

    static final class Gomp {
        public static void main(String[] args) throws Exception {
            OpenMpRegion region = OpenMpRegion.open(Path.of(args[0]));
            assertThat(region.threads()).isEqualTo(3);
            List<LibraryInfo> before = NativeThreads.info();
            assertThat(before).singleElement().satisfies(info -> {
                assertThat(info.userApi()).isEqualTo(UserApi.OPENMP);
                assertThat(info.limitScope()).isEqualTo(LimitScope.CURRENT_THREAD);
                assertThat(info.threads()).hasValue(3);
            });
            for (int threads = 1; threads <= 4; threads++) {
                int expected = threads;
                try (ThreadLimit limit = NativeThreads.limit(threads)) {
                    assertThat(limit.applied())
                            .singleElement()
                            .satisfies(applied -> assertThat(applied.inForce()).isEqualTo(expected));
                    assertThat(region.threads()).isEqualTo(threads);
                    assertThat(onThread("other", region::threads)).isEqualTo(3);
                }
                assertThat(region.threads()).isEqualTo(3);
            }
            assertThat(NativeThreads.info()).isEqualTo(before);
        }
    }

    @Test
    void aLimitOnOpenBlasWithPthreadsHoldsInEveryThread() throws Exception {
        ChildJvm.of(Pthreads.class, openBlas("libopenblas0-pthread")).succeeds();
    }

    static final class Pthreads {
        public static void main(String[] args) throws Exception {
            // The thread that opens a library, or sets more threads, gives its name to those that are started then.
            BlasCalls blas = onThread("opener", () -> BlasCalls.open(args));
            BlasCalls.Product product = blas.product(300);
            onThread("owner", () -> {
                List<LibraryInfo> before = NativeThreads.info();
                LibraryInfo info = only(UserApi.BLAS);
                assertThat(info.threadingLayer()).isEqualTo(ThreadingLayer.PTHREADS);
                assertThat(info.limitScope()).isEqualTo(LimitScope.PROCESS);
                try (ThreadLimit limit = NativeThreads.limit(1)) {
                    assertThat(limit.threads()).isEqualTo(1);
                    assertThat(threadsThatWork(product::multiply)).isEqualTo(1);
                    assertThat(working("other", product)).isEqualTo(1);
                }
                try (ThreadLimit limit = NativeThreads.limit(2)) {
                    assertThat(limit.threads()).isEqualTo(2);
                    assertThat(threadsThatWork(product::multiply)).isEqualTo(2);
                    assertThat(working("other", product)).isEqualTo(2);
                }
                assertThat(NativeThreads.info()).isEqualTo(before);
                return null;
            });
        }
    }

    @Test
    void aLimitOnOpenBlasWithOpenMpHoldsInItsOwnThreadOnly() throws Exception {
        ChildJvm.of(OpenMp.class, openBlas("libopenblas0-openmp"))
                .environment("OMP_NUM_THREADS", "2")
                .environment("OMP_WAIT_POLICY", "passive")
                .succeeds();
    }

    static final class OpenMp {
        public static void main(String[] args) throws Exception {
            BlasCalls.Product product = BlasCalls.open(args).product(300);
            onThread("owner", () -> {
                List<LibraryInfo> before = NativeThreads.info();
                LibraryInfo info = only(UserApi.BLAS);
                assertThat(info.threadingLayer()).isEqualTo(ThreadingLayer.OPENMP);
                assertThat(info.limitScope()).isEqualTo(LimitScope.CURRENT_THREAD);
                assertThat(threadsThatWork(product::multiply)).isEqualTo(2);
                try (ThreadLimit limit = NativeThreads.limit(1)) {
                    assertThat(limit.applied()).hasSize(1); // OpenBLAS and its runtime have one setting
                    assertThat(threadsThatWork(product::multiply)).isEqualTo(1);
                    assertThat(working("other", product)).isEqualTo(2);
                    assertThat(only(UserApi.BLAS).threads()).hasValue(1);
                    assertThat(onThread("asker", () -> only(UserApi.BLAS).threads()))
                            .hasValue(2);
                }
                assertThat(threadsThatWork(product::multiply)).isEqualTo(2);
                assertThat(NativeThreads.info()).isEqualTo(before);
                return null;
            });
        }
    }

    private static int working(String thread, BlasCalls.Product product) throws InterruptedException {
        return onThread(thread, () -> NativeWork.threadsThatWork(product::multiply));
    }

    private static LibraryInfo only(UserApi userApi) {
        return NativeThreads.select(userApi).info().getFirst();
    }
}
