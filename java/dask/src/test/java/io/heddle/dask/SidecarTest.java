package io.heddle.dask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.dask.fixture.DaskCluster;
import io.heddle.dask.fixture.Remains;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** This program's side of a session, with a stand-in for the sidecar. */
@Timeout(240)
final class SidecarTest {
    private static final String READS = "while os.read(0, 1 << 16): pass";
    private static final String READS_NOTHING = "time.sleep(600)";

    @TempDir
    private Path folder;

    @AfterEach
    void leavesNothing() {
        Remains.awaitNoSidecar();
    }

    /** Those of a stand-in that says something, then reads to the end or does not. Its text makes it known as a sidecar. */
    private DaskSettings settings(String says, String then) throws IOException {
        Path python = Files.writeString(folder.resolve("python"), """
                #!/bin/sh
                exec %s -c '
                import os, struct, sys, time
                # _take_text
                def told(*fields):
                    return struct.pack(">I", len(fields)) + b"".join(struct.pack(">I", len(f)) + f for f in fields)
                os.write(1, %s)
                %s
                '
                """.formatted(DaskCluster.python(), says, then));
        Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwx------"));
        return DaskBackend.builder()
                .python(python.toString())
                .schedulerAddress("tcp://here")
                .build()
                .settings();
    }

    @Test
    void knowsTheLatestNumberOfSlots() throws Exception {
        DaskSettings settings =
                settings("told(b\"ready\", b\"tcp://here\", b\"1\", b\"3\") + told(b\"slots\", b\"5\")", READS);
        Sidecar sidecar = Sidecars.of(settings);
        await().atMost(Duration.ofSeconds(20)).until(() -> sidecar.slots() == 5);
        Sidecars.leave(settings);
    }

    @Test
    void nobodyWaitsForOneThatDoesNotRead() throws Exception {
        DaskSettings settings = settings("told(b\"ready\", b\"tcp://here\", b\"1\", b\"3\")", READS_NOTHING);
        Sidecar sidecar = Sidecars.of(settings);
        String much = "x".repeat(1 << 20);
        CompletableFuture<Void> telling = CompletableFuture.runAsync(() -> sidecar.tell("kill", much));
        try {
            telling.get(60, TimeUnit.SECONDS);
            Sidecars.leave(settings);
            await().atMost(Duration.ofSeconds(60)).until(sidecar::hasEnded);
        } finally {
            Remains.sidecars().forEach(ProcessHandle::destroyForcibly);
        }
        assertThat(Sidecars.running(settings)).isNull();
    }
}
