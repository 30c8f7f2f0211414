package io.heddle.ray.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.ray.cluster.Nodes.Node;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a cluster has room for. */
final class NodesTest {
    private static Nodes of(double... cpus) {
        return new Nodes(Arrays.stream(cpus)
                .mapToObj(each -> new Node("10.0.0." + each, each))
                .toList());
    }

    @Test
    void countsWorkersNodeByNode() {
        assertThat(of(3, 5).room(2)).isEqualTo(3);
        assertThat(of(3, 5).room(4)).isEqualTo(1);
        assertThat(of(3, 5).room(6)).isZero();
        assertThat(of(1).room(0.1)).isEqualTo(10);
    }

    @Test
    void givesEachWorkerWhatNodesCanGiveToAsManyAsThereAreShares() {
        assertThat(of(4, 4).fitting(4)).isEqualTo(4);
        assertThat(of(3, 5).fitting(4)).isEqualTo(3); // two workers: 4 each would leave room for one
        assertThat(of(4, 4).fitting(8)).isEqualTo(4); // no node has 8
        assertThat(of(1, 1).fitting(1)).isEqualTo(1);
    }

    @Test
    void givesOneWhereNoNodeHasAny() {
        assertThat(of(0).fitting(1)).isEqualTo(1);
        assertThat(new Nodes(List.of()).fitting(2)).isEqualTo(1);
    }

    @Test
    void saysWhatItHas() {
        assertThat(new Nodes(List.of(new Node("10.0.0.1", 4), new Node("10.0.0.2", 0.5))))
                .hasToString("10.0.0.1 with 4 CPUs, 10.0.0.2 with 0.5 CPUs");
    }
}
