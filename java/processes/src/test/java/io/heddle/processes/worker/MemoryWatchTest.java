package io.heddle.processes.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class MemoryWatchTest {
    @Test
    void aLimitThatNothingReachesIsNotReachedByScatteredValuesEither() {
        MemoryWatch watch = new MemoryWatch(Long.MAX_VALUE);
        boolean first = watch.hasGrown(1 << 20);
        long begin = System.nanoTime();
        Awaitility.await()
                .until(() -> System.nanoTime() - begin > TimeUnit.MILLISECONDS.toNanos(1100)); // it looks once a second

        assertThat(first).isFalse();
        assertThat(watch.hasGrown(1 << 20)).isFalse();
    }
}
