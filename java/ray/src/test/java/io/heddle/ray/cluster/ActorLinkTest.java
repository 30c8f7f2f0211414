package io.heddle.ray.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.ray.actor.About;
import io.heddle.ray.actor.HeddleActor;
import io.ray.api.ActorHandle;
import io.ray.api.id.ActorId;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An actor as a pool sees it, where Ray is not started and so takes no call. */
final class ActorLinkTest {
    private final ActorLink link = new ActorLink(
            new Handle(ActorId.fromRandom()),
            About.of("4711\n10.0.0.2\n25\n/logs"),
            1,
            0,
            settings(),
            new Head(null),
            new ScatteredObjects());

    @Test
    void tellsWhyRayDidNotTakeACall() {
        assertThatThrownBy(() -> link.write(new FrameOutput(FrameType.EXIT)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Ray did not take a call of the actor 4711 on 10.0.0.2");
        link.kill(); // as the pool does then
        assertThat(link.death("it ran task 7"))
                .hasMessageContaining("Ray actor 4711 on 10.0.0.2")
                .hasMessageContaining("while it ran task 7")
                .hasMessageContaining("Ray did not take what was sent to it")
                .hasMessageContaining("Ray.init")
                .hasCauseInstanceOf(RuntimeException.class);
    }

    @Test
    void saysThatHeddleEndedIt() {
        link.kill();
        assertThat(link.isAlive()).isFalse();
        assertThat(link.death("it ran task 7")).hasMessageContaining("Heddle ended it");
    }

    /** The number of living actors, which decides how long a start may take, goes by it. */
    @Test
    void hasEndedWhereNobodyCanReadOn() {
        link.kill();
        assertThatThrownBy(link::read).isInstanceOf(EOFException.class);
        assertThat(link.onExit()).isDone();
    }

    private record Handle(ActorId getId) implements ActorHandle<HeddleActor> {}

    private static RaySettings settings() {
        return new RaySettings(
                null,
                "",
                List.of(),
                List.of(),
                1,
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                Map.of(),
                List.of(),
                null,
                1 << 20,
                "WARN");
    }
}
