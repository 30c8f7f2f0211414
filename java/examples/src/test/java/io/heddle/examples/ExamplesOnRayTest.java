package io.heddle.examples;

import io.heddle.examples.smile.SmileTest;
import io.heddle.ray.harness.ClusterRun;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The examples and the demo on a real Ray cluster: the same tests in a JVM beside it, with nothing but the backend's name changed. */
class ExamplesOnRayTest {
    @TestFactory
    Stream<DynamicTest> examples() throws IOException {
        return ClusterRun.start(
                        List.of("--nodes", "1"),
                        Map.of(BackendsUnderTest.ONLY, "ray"),
                        SeedExamplesTest.class,
                        SmileTest.class,
                        DemoOnRayCases.class)
                .tests();
    }
}
