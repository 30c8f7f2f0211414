package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.heddle.Parallel;
import io.heddle.TaskFailedException;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.wire.FrameType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A parent that a worker sends what is no frame, or none for a parent, ends that worker and goes on; nothing hangs. */
@Timeout(300)
final class NonsenseToParentTest {
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
    void aParentThatIsSentNonsenseFailsTheTaskAndGoesOn() throws Exception {
        long last = RawFrames.lastCall(); // other tests of this JVM have made calls, too
        ByteBuffer endOfCalls = ByteBuffer.allocate(1000 * 13);
        for (long call = last + 1; call <= last + 1000; call++) { // whatever the call's number is
            endOfCalls.put(RawFrames.frame(
                    FrameType.CALL_ENDED, ByteBuffer.allocate(8).putLong(call).array()));
        }
        ByteBuffer results = ByteBuffer.allocate(1000 * 45);
        for (long call = last + 1; call <= last + 1000; call++) {
            results.put(RawFrames.frame(
                    FrameType.RESULTS,
                    ByteBuffer.allocate(40)
                            .putLong(call)
                            .putInt(0)
                            .putLong(5)
                            .putInt(3)
                            .putLong(1)
                            .putInt(4)
                            .array()));
        }
        try (ProcessesBackend backend = ProcessesBackend.create()) {
            for (byte[] nonsense : List.of(
                    new byte[] {-1, -1, -1, -1, 0},
                    new byte[] {0, 0, 0, 1, 99},
                    RawFrames.frame(FrameType.WELCOME, new byte[8]),
                    RawFrames.frame(FrameType.LOG, new byte[] {1}),
                    RawFrames.frame(FrameType.CLASS_WANTED, new byte[] {1}),
                    RawFrames.frame(FrameType.RESULTS, new byte[2]),
                    results.array(),
                    endOfCalls.array())) {
                TaskFailedException failure = catchThrowableOfType(
                        TaskFailedException.class,
                        () -> jobs(backend).range(1, index -> {
                            RawFrames.sendToParent(nonsense);
                            Signals.await("/never"); // the process is ended meanwhile
                            return index;
                        }));

                assertThat(failure)
                        .as("%s", HexFormat.of().formatHex(nonsense, 0, 5))
                        .isNotNull();
                assertThat(failure.getCause())
                        .isInstanceOf(TerminatedWorkerException.class)
                        .hasMessageContaining("ProtocolException");
                assertThat(jobs(backend).range(3, index -> index)).containsExactly(0, 1, 2);
            }
        }
    }

    private static Parallel jobs(ProcessesBackend backend) {
        return Parallel.builder().backend(backend).jobs(2).build();
    }
}
