package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Objects of the user's in messages. */
@Timeout(60)
class ShownTest {
    /** Says how many of its elements were asked for. */
    private static final class Counted extends AbstractList<Integer> {
        int asked;

        @Override
        public Integer get(int index) {
            asked++;
            return index;
        }

        @Override
        public int size() {
            return Integer.MAX_VALUE;
        }
    }

    private static final class Mute {
        @Override
        public String toString() {
            throw new IllegalStateException("no words");
        }
    }

    @Test
    void smallOnesAreShownAsTheyShowThemselves() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("a", List.of(1, 2));
        map.put("b", null);
        for (Object each : Arrays.asList(1, "text", List.of(), List.of(1, "b"), map, Map.of(), List.of(map, map))) {
            assertThat(Shown.of(each)).isEqualTo(each.toString());
        }
        assertThat(Shown.of(new Object[] {1, new int[] {2, 3}, "c"})).isEqualTo("[1, [2, 3], c]");
        assertThat(Shown.of(new boolean[] {true})).isEqualTo("[true]");
    }

    @Test
    void ofManyElementsOnlyTheFirstAreAskedFor() {
        Counted counted = new Counted();
        assertThat(Shown.of(counted)).startsWith("[0, 1, 2, ").endsWith("…").hasSize(201);
        assertThat(counted.asked).isLessThan(200);
        assertThat(Shown.of(List.of(Map.of("key", counted)))).startsWith("[{key=[0, 1, 2, ");
        assertThat(counted.asked).isLessThan(400);
        assertThat(Shown.of(Collections.nCopies(Integer.MAX_VALUE, ""))).endsWith("…");
        assertThat(Shown.of(new double[1 << 20])).startsWith("[0.0, 0.0").hasSize(201);
    }

    @Test
    void oneThatContainsItselfIsCutOff() {
        List<Object> round = new ArrayList<>();
        round.add(round);
        assertThat(Shown.of(round)).startsWith("[[[").hasSize(201);
    }

    @Test
    void whateverItsMethodsThrowItIsNamed() {
        assertThat(Shown.of(new Mute())).contains("Mute", "IllegalStateException");
        assertThat(Shown.of(List.of(1, new Mute(), 2)))
                .startsWith("[1, ")
                .contains("Mute", "IllegalStateException")
                .endsWith(", 2]");
        assertThat(Shown.of(new AbstractList<Integer>() {
                    @Override
                    public Integer get(int index) {
                        throw new StackOverflowError();
                    }

                    @Override
                    public int size() {
                        return 1;
                    }
                }))
                .contains("ShownTest", "StackOverflowError");
    }
}
