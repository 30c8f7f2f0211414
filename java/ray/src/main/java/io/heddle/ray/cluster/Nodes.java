package io.heddle.ray.cluster;

import io.ray.api.runtimecontext.NodeInfo;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The living nodes of a cluster.
 *
 * @param nodes each of them
 */
public record Nodes(List<Node> nodes) {
    /**
     * A node.
     *
     * @param address its address
     * @param cpus the CPUs that it offers
     */
    public record Node(String address, double cpus) {}

    /** Made of a copy. */
    public Nodes {
        nodes = List.copyOf(nodes);
    }

    static Nodes of(List<NodeInfo> all) {
        return new Nodes(all.stream()
                .filter(node -> node.isAlive)
                .map(node -> new Node(node.nodeAddress, node.resources.getOrDefault("CPU", 0.0)))
                .toList());
    }

    /** The CPUs of all nodes; whole ones. */
    public int cpus() {
        return (int) Math.min(nodes.stream().mapToDouble(Node::cpus).sum(), Integer.MAX_VALUE);
    }

    /** How many workers there is room for where each takes so many CPUs. */
    public int room(double cpusEach) {
        return (int) Math.min(
                nodes.stream()
                        .mapToDouble(node -> Math.floor(node.cpus() / cpusEach + 1e-9))
                        .sum(),
                Integer.MAX_VALUE);
    }

    /**
     * What each worker can be given of a share: CPUs of one node, so that there is room for as many workers as the shares are.
     *
     * @param share a worker's part of all CPUs, at least 1
     * @return between 1 and {@code share}
     */
    public int fitting(int share) {
        int workers = Math.max(cpus() / share, 1);
        for (int each = share; each > 1; each--) {
            if (room(each) >= workers) {
                return each;
            }
        }
        return 1;
    }

    /** For messages. */
    @Override
    public String toString() {
        return nodes.isEmpty()
                ? "no living node"
                : nodes.stream()
                        .map(node -> node.address() + " with " + text(node.cpus()) + " CPUs")
                        .collect(Collectors.joining(", "));
    }

    static String text(double cpus) {
        return cpus == Math.rint(cpus) ? Long.toString((long) cpus) : Double.toString(cpus);
    }
}
