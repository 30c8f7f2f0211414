package io.heddle;

import static io.heddle.fixture.NativeFiles.built;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.heddle.control.UserApi;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeLibrary;
import io.heddle.fixture.OpenMpRegion;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A limit costs one small object. */
class LimitAllocationTest {
    @Test
    void aLimitAllocatesOneSmallObject() throws Exception {
        ChildJvm.of(
                        Allocates.class,
                        built("libopenblas_fake.so"),
                        built("libblis_fake.so"),
                        built("libheddle_openmp_probe_gomp.so"))
                .option("-XX:-TieredCompilation") // C2, as in use: C1 allocates what is needed for a moment too
                .option("-Xbatch") // and none runs uncompiled meanwhile
                .succeeds();
    }

    static final class Allocates {
        private static final int WARM = 20_000;
        private static final int LIMITS = 100_000;
        private static final long MOST_BYTES = 64;

        public static void main(String[] args) {
            FakeLibrary.open(Path.of(args[0]));
            FakeLibrary.open(Path.of(args[1]));
            assertThat(OpenMpRegion.open(Path.of(args[2])).threads()).isPositive();
            NativeSelection blas = NativeThreads.select(UserApi.BLAS);
            assertThat(bytesOf(() -> NativeThreads.limit(1).close())).isLessThanOrEqualTo(MOST_BYTES);
            assertThat(bytesOf(() -> blas.limit(2).close())).isLessThanOrEqualTo(MOST_BYTES);
            assertThat(bytesOf(
                            () -> NativeThreads.limitSequentialBlasUnderOpenMp().close()))
                    .isLessThanOrEqualTo(MOST_BYTES);
            assertThat(bytesOf(() -> {
                        var outer = NativeThreads.limit(4);
                        NativeThreads.limit(1).close();
                        outer.close();
                    }))
                    .isLessThanOrEqualTo(2 * MOST_BYTES);
        }

        private static long bytesOf(Runnable limit) {
            run(limit, WARM);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long before = threads.getCurrentThreadAllocatedBytes();
            run(limit, LIMITS);
            return (threads.getCurrentThreadAllocatedBytes() - before) / LIMITS;
        }

        private static void run(Runnable limit, int times) {
            for (int i = 0; i < times; i++) {
                limit.run();
            }
        }
    }
}
