package io.heddle.ray.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a cluster is. */
final class AddressTest {
    @TempDir
    private Path folder;

    private Address find(String given, String property, String variable) {
        Map<String, String> properties = Map.of("ray.address", property);
        Map<String, String> variables = Map.of("RAY_ADDRESS", variable);
        return Address.find(given, properties::get, variables::get, folder.resolve("current"));
    }

    @Test
    void takesTheOptionThenThePropertyThenTheVariable() {
        assertThat(find("a:1", "b:2", "c:3")).isEqualTo(new Address("a", 1));
        assertThat(find("", "b:2", "c:3")).isEqualTo(new Address("b", 2));
        assertThat(find("", "", "c:3")).isEqualTo(new Address("c", 3));
    }

    @Test
    void findsTheClusterThatWasStartedOnThisMachine() throws IOException {
        Files.writeString(folder.resolve("current"), "10.0.0.1:6379\n");
        assertThat(find("", "", "")).isEqualTo(new Address("10.0.0.1", 6379));
        assertThat(find("auto", "", "")).isEqualTo(new Address("10.0.0.1", 6379));
    }

    @Test
    void saysWhatToDoWhereThereIsNone() {
        assertThatThrownBy(() -> find("", "", ""))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("RAY_ADDRESS")
                .hasMessageContaining("-Dray.address")
                .hasMessageContaining("current");
    }

    @ParameterizedTest
    @ValueSource(strings = {"host", "host:", ":6379", "host:0", "host:70000", "ray://host:10001", "http://host:80"})
    void refusesWhatIsNoAddress(String text) {
        assertThatThrownBy(() -> find(text, "", ""))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(text)
                .hasMessageContaining("host:port");
    }

    @Test
    void seesAtOnceThatNobodyListens() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        Address nobody = new Address("127.0.0.1", free);
        assertThatThrownBy(() -> nobody.check(Duration.ofSeconds(20)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("No Ray cluster at 127.0.0.1:" + free);
    }
}
