package io.heddle.ray;

import io.heddle.ray.harness.ClusterRun;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What is tested on a real cluster of two nodes: the classes named here, in a JVM beside it. */
final class RayClusterTest {
    @TestFactory
    Stream<DynamicTest> contract() throws IOException {
        return ClusterRun.start(List.of(), RayContract.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> workers() throws IOException {
        return ClusterRun.start(List.of(), RayWorkerCases.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> faults() throws IOException {
        return ClusterRun.start(List.of(), RayFaultCases.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> ends() throws IOException {
        return ClusterRun.start(List.of(), RayEndCases.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> codePath() throws IOException {
        return ClusterRun.start(List.of("--nodes", "1"), RayCodePathCases.class).tests();
    }

    @TestFactory
    Stream<DynamicTest> noCluster() throws IOException {
        return ClusterRun.start(List.of("--nodes", "0"), RayNowhereCases.class).tests();
    }
}
