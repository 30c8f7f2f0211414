package io.heddle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class UnevenTasksTest {
    private static final int TASKS = 5_000;
    private static final double MEAN = 10_000;

    private final long[] tokens = UnevenTasks.tokens(TASKS, MEAN);

    @Test
    void theTasksAreTheSameEachTimeAndHaveTheMean() {
        assertThat(tokens).hasSize(TASKS).isEqualTo(UnevenTasks.tokens(TASKS, MEAN));
        assertThat(Arrays.stream(tokens).average().orElseThrow()).isCloseTo(MEAN, within(1.0));
    }

    @Test
    void theTasksAreAsUnevenAsLogNormalOnesWithSigmaOne() {
        double[] sorted = Arrays.stream(tokens).sorted().asDoubleStream().toArray();
        assertThat(sorted[TASKS / 2] / MEAN).isCloseTo(Math.exp(-0.5), within(0.05)); // the median over the mean
        assertThat(sorted[(int) (TASKS * 0.8413)] / MEAN).isCloseTo(Math.exp(0.5), within(0.1));
    }

    @Test
    void theSplitHasEveryTaskOnceAndEqualSums() {
        long[][] parts = UnevenTasks.split(tokens, 2);
        assertThat(Stream.of(parts).flatMapToLong(Arrays::stream).sorted().toArray())
                .isEqualTo(Arrays.stream(tokens).sorted().toArray());
        assertThat(Arrays.stream(parts[0]).sum() - Arrays.stream(parts[1]).sum())
                .isBetween(-100L, 100L);
    }
}
