package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.Parallel;
import java.util.stream.IntStream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** Where the nodes have Heddle and the caller's classes: run by {@link RayClusterTest}, in a process of its own. */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RayCodePathCases {
    @Test
    @Order(1)
    void runsTasksWithClassesThatTheNodesHave() {
        try (RayBackend backend = RayBackend.builder()
                .codeSearchPath(System.getProperty("java.class.path").split(":", -1))
                .build()) {
            Parallel two = Parallel.builder().backend(backend).jobs(2).build();
            assertThat(two.range(20, i -> i * i))
                    .isEqualTo(IntStream.range(0, 20).map(i -> i * i).boxed().toList());
            assertThat(two.range(
                            2,
                            _ -> RayCodePathCases.class
                                    .getClassLoader()
                                    .getClass()
                                    .getName()))
                    .as("their own class loaders, not one that asks this process")
                    .noneMatch(name -> name.contains("heddle"));
        }
    }

    @Test
    @Order(2)
    void anotherPathComesTooLate() {
        assertThatThrownBy(() -> RayBackend.builder()
                        .codeSearchPath("/elsewhere")
                        .build()
                        .effectiveJobs(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("codeSearchPath = /elsewhere comes too late");
    }
}
