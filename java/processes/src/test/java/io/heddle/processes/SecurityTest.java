package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.TaskFailedException;
import io.heddle.fixture.ChildJvm;
import io.heddle.processes.failure.RemoteException;
import io.heddle.processes.failure.TaskTransferException;
import java.io.IOException;
import java.io.Serializable;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a backend lets nobody do. That its socket refuses whoever does not know the secret, and its folder whoever is not its user, is RendezvousTest's. */
@Timeout(120)
final class SecurityTest {
    private static final String FILTER = "!" + SecurityTest.class.getName() + "$Forbidden*;io.heddle.**;java.base/*;!*";

    @TempDir
    private Path temporary;

    private Traces traces;
    private ProcessesBackend backend;

    @BeforeEach
    void open() throws IOException {
        traces = Traces.watch(temporary);
        backend =
                ProcessesBackend.builder().serialFilter(FILTER).spareWorkers(0).build();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        backend.close();
        traces.close();
        assertThat(System.getProperty(ForbiddenResult.SIGN)).isNull();
        assertThat(System.getProperty(ForbiddenException.SIGN)).isNull();
    }

    private Parallel one() {
        return Parallel.builder().backend(backend).jobs(2).batchSize(1).build();
    }

    @Test
    void aTaskWithAForbiddenInputFailsAndNothingOfItIsInitialisedInTheWorker() {
        List<Object> inputs = List.of("a", new ForbiddenInput(), "b");
        List<Outcome<Object>> outcomes = one().outcomes(inputs, input -> {
            assertThat(System.getProperty(ForbiddenInput.SIGN)).isNull();
            return input;
        });

        assertThat(outcomes).extracting(Outcome::isSuccess).containsExactly(true, false, true);
        TaskFailedException failure = catchThrowableOfType(TaskFailedException.class, outcomes.get(1)::get);
        assertThat(failure.getCause())
                .isInstanceOf(TaskTransferException.class)
                .hasMessageContaining("could not be read in a worker process")
                .hasMessageContaining("ForbiddenInput");
        assertThat(one().map(List.of(1, 2, 3), input -> System.getProperty(ForbiddenInput.SIGN, "untouched")))
                .containsOnly("untouched");
    }

    @Test
    void aForbiddenResultIsNotReadHere() {
        List<Outcome<Object>> outcomes =
                one().outcomes(List.of(0, 1, 2), input -> input == 1 ? new ForbiddenResult() : input);

        assertThat(outcomes).extracting(Outcome::isSuccess).containsExactly(true, false, true);
        TaskFailedException failure = catchThrowableOfType(TaskFailedException.class, outcomes.get(1)::get);
        assertThat(failure.getCause())
                .isInstanceOf(TaskTransferException.class)
                .hasMessageContaining("could not be read here")
                .hasMessageContaining("ForbiddenResult");
    }

    @Test
    void ofManyResultsInOneFrameTheForbiddenOneFailsAlone() {
        List<Integer> inputs = Stream.iterate(0, i -> i + 1).limit(100).toList();
        List<Outcome<Object>> outcomes = Parallel.builder()
                .backend(backend)
                .jobs(2)
                .batchSize(100)
                .build()
                .outcomes(inputs, input -> input == 70 ? new ForbiddenResult() : List.of(input));

        for (int i = 0; i < 100; i++) {
            assertThat(outcomes.get(i).isSuccess()).as("task %d", i).isEqualTo(i != 70);
        }
    }

    @Test
    void aForbiddenExceptionIsToldInWords() {
        TaskFailedException failure = catchThrowableOfType(
                TaskFailedException.class,
                () -> one().range(2, index -> {
                    throw new ForbiddenException("what it said");
                }));

        assertThat(failure.getCause())
                .isInstanceOf(RemoteException.class)
                .hasMessageContaining("what it said")
                .hasMessageContaining(ForbiddenException.class.getName());
        assertThat(((RemoteException) failure.getCause()).originalClass())
                .isEqualTo(ForbiddenException.class.getName());
        assertThat(failure.getCause().getStackTrace()[0].getClassName()).startsWith(SecurityTest.class.getName());
    }

    @Test
    void whatALimitOfTheFilterRefusesIsTold() {
        try (ProcessesBackend limited = ProcessesBackend.builder()
                .serialFilter("maxdepth=3")
                .spareWorkers(0)
                .build()) {
            Parallel parallel = Parallel.builder().backend(limited).jobs(2).build();
            TaskFailedException failure = catchThrowableOfType(
                    TaskFailedException.class,
                    () -> parallel.range(1, _ -> new Object[] {new Object[] {new Object[] {new Object[] {1}}}}));
            assertThat(failure.getCause())
                    .isInstanceOf(TaskTransferException.class)
                    .hasMessageContaining("the serialFilter forbids what comes at depth 4");
        }
    }

    @Test
    void whatTheFilterOfTheProcessRefusesIsTold() throws Exception {
        ChildJvm.of(Filtered.class)
                .option("-Djdk.serialFilter=!java.util.ArrayList")
                .succeeds();
    }

    static final class Filtered {
        public static void main(String[] args) {
            try (ProcessesBackend backend =
                    ProcessesBackend.builder().spareWorkers(0).build()) {
                Parallel parallel = Parallel.builder().backend(backend).jobs(2).build();
                TaskFailedException failure = catchThrowableOfType(
                        TaskFailedException.class, () -> parallel.range(1, _ -> new ArrayList<>(List.of(1))));
                assertThat(failure.getCause())
                        .isInstanceOf(TaskTransferException.class)
                        .hasMessageContainingAll("java.util.ArrayList", "jdk.serialFilter");
            }
        }
    }

    @Test
    void theSecretIsNotInTheProcessList() throws IOException {
        Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self")), "no /proc here");
        List<Long> pids = one().range(2, _ -> ProcessHandle.current().pid());
        for (long pid : pids) {
            for (String file : List.of("cmdline", "environ")) {
                String text = new String(
                        Files.readAllBytes(Path.of("/proc/" + pid + "/" + file)), StandardCharsets.ISO_8859_1);
                assertThat(text).isNotEmpty().doesNotContainPattern("[0-9a-fA-F]{64}");
            }
        }
    }

    @Test
    void whoeverElseConnectsWhileWorkersStartIsRefusedAndTheyStartAllTheSame() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger refused = new AtomicInteger();
        Thread intruder = new Thread(() -> {
            while (!over.get()) {
                for (Path socket : sockets()) {
                    intrude(socket, refused);
                }
                LockSupport.parkNanos(100_000);
            }
        });
        intruder.start();
        try {
            assertThat(one().range(20, index -> index)).hasSize(20);
        } finally {
            over.set(true);
            intruder.join();
        }
        assertThat(refused.get()).isPositive();
    }

    private List<Path> sockets() {
        try {
            return traces.files().stream()
                    .map(folder -> folder.resolve("s"))
                    .filter(Files::exists)
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static void intrude(Path socket, AtomicInteger refused) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.allocate(40));
            if (channel.read(ByteBuffer.allocate(1)) < 0) {
                refused.incrementAndGet();
            }
        } catch (IOException e) {
            // gone already
        }
    }

    private static final class ForbiddenInput implements Serializable {
        static final String SIGN = "heddle.forbidden.input";
        private static final long serialVersionUID = 1L;

        static {
            System.setProperty(SIGN, "yes");
        }
    }

    private static final class ForbiddenResult implements Serializable {
        static final String SIGN = "heddle.forbidden.result";
        private static final long serialVersionUID = 1L;

        static {
            System.setProperty(SIGN, "yes");
        }
    }

    private static final class ForbiddenException extends RuntimeException {
        static final String SIGN = "heddle.forbidden.exception";
        private static final long serialVersionUID = 1L;

        static {
            System.setProperty(SIGN, "yes");
        }

        ForbiddenException(String message) {
            super(message);
        }
    }
}
