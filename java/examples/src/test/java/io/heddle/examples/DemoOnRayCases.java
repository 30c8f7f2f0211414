package io.heddle.examples;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demo's own search on a Ray cluster, named by {@code --backend} alone: run by {@link ExamplesOnRayTest}. */
@Timeout(240)
final class DemoOnRayCases {
    @Test
    void searchesTheSameGridOnRay() throws Exception {
        DemoRun.assertAnswersOn("ray");
    }
}
