package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.Parallel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** Where there is no cluster: run by {@link RayClusterTest}, in a network where nothing listens. */
@Timeout(60)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RayNowhereCases {
    @Test
    @Order(1)
    void aWrongAddressIsAClearErrorAtOnce() {
        assertThatThrownBy(() -> call("127.0.0.1:6399"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("No Ray cluster at 127.0.0.1:6399")
                .hasMessageContaining("ray start --head");
    }

    @Test
    @Order(2)
    void somethingElseAtTheAddressIsAClearErrorInTime() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + other.getLocalPort();
            assertThatThrownBy(() -> call(address))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("could not be joined")
                    .hasMessageContaining(address);
        }
    }

    private static void call(String address) {
        Parallel.builder()
                .backend(RayBackend.builder()
                        .address(address)
                        .startTimeout(Duration.ofSeconds(8))
                        .build())
                .build()
                .range(2, i -> i);
    }
}
