package io.heddle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PairsTest {
    @Test
    void theFormsTakeTurnsAfterAPairThatWarmsUp() throws Exception {
        List<String> turns = new ArrayList<>();
        Pairs.share(2, () -> turns.add("reference"), () -> turns.add("form"));
        assertThat(turns).containsExactly("reference", "form", "reference", "form", "form", "reference");
    }

    @Test
    void aSlowerFormHasASmallerShare() throws Exception {
        assertThat(Pairs.share(5, () -> spin(1), () -> spin(20))).isLessThan(0.5);
    }

    @Test
    void theMedianIsTheMiddle() {
        assertThat(Pairs.median(3, 1, 2)).isEqualTo(2);
        assertThat(Pairs.median(4, 1, 3, 2)).isEqualTo(2.5);
    }

    private static void spin(long millis) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < millis * 1_000_000) {
            Thread.onSpinWait();
        }
    }
}
