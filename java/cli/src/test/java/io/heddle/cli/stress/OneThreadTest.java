package io.heddle.cli.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.ffi.NativeLibrary;
import io.heddle.openblas.OpenBlas;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OneThreadTest {
    @Test
    void isKeptByALibraryThatHoldsALimit() throws Exception {
        assertThat(OneThread.isKept(Blas.of(NativeLibrary.open(OpenBlas.shared().path()))))
                .isTrue();
    }

    @Test
    void isNotKeptWhereASecondThreadWorks() throws Exception {
        assertThat(OneThread.isKept(OneThreadTest::spinOnTwo)).isFalse();
    }

    /** What rests a moment later, as a runtime's threads do, is forgiven. */
    @Test
    void isKeptWhereASecondThreadWorksOnce() throws Exception {
        AtomicInteger calls = new AtomicInteger();

        assertThat(OneThread.isKept(() -> {
                    if (calls.getAndIncrement() < 4) {
                        spinOnTwo();
                    } else {
                        spin();
                    }
                }))
                .isTrue();
    }

    @Test
    void isNoMatterOfOtherProcesses() throws Exception {
        Process other = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
        try {
            assertThat(OneThread.isKept(OneThreadTest::spin)).isTrue();
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    private static void spinOnTwo() {
        Thread second = Thread.ofPlatform().start(OneThreadTest::spin);
        spin();
        try {
            assertThat(second.join(Duration.ofSeconds(10))).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void spin() {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(50);
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
