package io.heddle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.heddle.benchmarks.ThreadTimes.Times;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ThreadTimesTest {
    @Test
    void aLineOfTheKernelIsRead() {
        assertThat(Times.parse("998947292 1690063 60\n")).isEqualTo(new Times(998947292, 1690063));
    }

    @Test
    void theRunDelayIsThatOfTheThreadsThatComputed() {
        ThreadTimes before = new ThreadTimes(Map.of("1", new Times(5_000, 10), "2", new Times(0, 7)));
        ThreadTimes after = new ThreadTimes(Map.of(
                "1", new Times(6_000, 60), "2", new Times(99, 907), "3", new Times(500, 10), "4", new Times(100, 15)));
        assertThat(after.since(before).delayOfComputing()).isCloseTo((50 + 10 + 15) / 1600.0, within(1e-9));
    }

    @Test
    void aThreadThatComputesIsSeen() throws Exception {
        assumeThat(Files.isReadable(Path.of("/proc/self/schedstat")))
                .as("Linux with schedstat")
                .isTrue();
        ThreadTimes before = ThreadTimes.now();
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < 20_000_000L) {
            Thread.onSpinWait();
        }
        assertThat(ThreadTimes.now().since(before).byThread().values())
                .anySatisfy(times -> assertThat(times.cpuNanos()).isPositive());
    }
}
