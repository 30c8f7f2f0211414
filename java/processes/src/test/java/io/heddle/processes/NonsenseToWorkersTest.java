package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.TaskFailedException;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.wire.FrameType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A living worker that is sent what is no frame, or none for a worker, ends; nothing hangs. */
@Timeout(300)
final class NonsenseToWorkersTest {
    @TempDir
    private Path temporary;

    private Traces traces;

    @BeforeEach
    void watch() throws IOException {
        traces = Traces.watch(temporary);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        traces.close();
    }

    @Test
    void aWorkerThatIsSentNonsenseEndsAndTheNextCallHasAnother() throws Exception {
        try (ProcessesBackend backend =
                ProcessesBackend.builder().spareWorkers(0).build()) {
            for (byte[] nonsense : List.of(
                    new byte[] {-1, -1, -1, -1, 0},
                    new byte[] {0, 0, 0, 1, 99},
                    RawFrames.frame(FrameType.READY, new byte[8]),
                    RawFrames.frame(FrameType.TASKS, new byte[3]),
                    RawFrames.frame(FrameType.CALL, new byte[70]))) {
                long pid = pid(backend);
                RawFrames.sendToWorker(backend, pid, nonsense);
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> ProcessHandle.of(pid)
                                .filter(ProcessHandle::isAlive)
                                .isEmpty());
                assertThat(pid(backend)).isNotEqualTo(pid);
            }
        }
    }

    @Test
    void aWorkerThatIsSentNonsenseWhileATaskRunsFailsTheTask() throws Exception {
        try (ProcessesBackend backend =
                ProcessesBackend.builder().spareWorkers(0).build()) {
            long pid = pid(backend);
            String running = temporary.resolve("running").toString();
            CompletableFuture<TaskFailedException> failure = CompletableFuture.supplyAsync(() -> catchThrowableOfType(
                    TaskFailedException.class,
                    () -> jobs(backend).range(1, index -> {
                        Signals.give(running);
                        Signals.await(running + " never");
                        return index;
                    })));
            Signals.await(running);
            RawFrames.sendToWorker(backend, pid, new byte[] {-1, -1, -1, -1, 0});

            assertThat(failure.get().getCause())
                    .isInstanceOf(TerminatedWorkerException.class)
                    .hasMessageContaining("ProtocolException");
            assertThat(((TerminatedWorkerException) failure.get().getCause()).exitCode())
                    .hasValue(3);
            assertThat(pid(backend)).isNotEqualTo(pid);
        }
    }

    private static Parallel jobs(ProcessesBackend backend) {
        return Parallel.builder().backend(backend).jobs(2).build();
    }

    private static long pid(ProcessesBackend backend) {
        return jobs(backend).range(1, _ -> ProcessHandle.current().pid()).getFirst();
    }
}
