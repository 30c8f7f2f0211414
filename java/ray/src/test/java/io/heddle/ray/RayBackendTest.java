package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.ParallelConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What needs no cluster. Ray's own jar is not on this JVM's class path. */
final class RayBackendTest {
    @Test
    void saysWhereRaysJarIsIfItIsNotHere() {
        assertThatThrownBy(RayBackend::create)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ray_dist.jar")
                .hasMessageContaining("class path")
                .hasMessageContaining("python3 -c");
    }

    @Test
    void isFoundByItsName() {
        assertThatThrownBy(() -> ParallelConfig.backend("ray").open())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ray_dist.jar");
    }

    @Test
    void knowsItsOptions() {
        assertThat(new RayProvider().options())
                .contains(
                        "address",
                        "namespace",
                        "jars",
                        "codeSearchPath",
                        "cpusPerWorker",
                        "startTimeout",
                        "headTimeout",
                        "idleLimit")
                .contains("environment", "jvmOptions", "javaHome", "codec", "serialFilter", "loggingLevel");
    }

    @Test
    void refusesWhatCannotBe() {
        RayBackend.Builder builder = RayBackend.builder();
        assertThatThrownBy(() -> builder.cpusPerWorker(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cpusPerWorker = 0");
        assertThatThrownBy(() -> builder.idleLimit(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("idleLimit");
        assertThatThrownBy(() -> RayBackend.builder().headTimeout(Duration.ZERO).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("headTimeout = PT0S");
        assertThatThrownBy(() -> RayBackend.builder().maxFrameBytes(1).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxFrameBytes = 1");
        assertThatThrownBy(() -> RayBackend.builder().jvmOptions("Main").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jvmOptions");
    }
}
