package io.heddle.processes.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import java.io.EOFException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerEndTest {
    private static final int KILLED = 137;
    private static final int HALTED = 1; // both ways out are taken at once

    @Test
    void endsWhenTheConnectionDoesWhileATaskHoldsEverythingUp() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (_, _) -> {
                Runtime.getRuntime().addShutdownHook(new Thread(() -> new Semaphore(0).acquireUninterruptibly()));
                new Semaphore(0).acquireUninterruptibly();
                return null;
            });
            worker.tasks(1, 0, 1);
            worker.connection.close();
            assertThat(worker.endsWithin(20)).isTrue();
            assertThat(worker.process.exitValue()).isIn(KILLED, HALTED);
        }
    }

    @Test
    void endsWhenTheConnectionDoes() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.connection.close();
            assertThat(worker.endsWithin(20)).isTrue();
            assertThat(worker.process.exitValue()).isIn(KILLED, HALTED);
        }
    }

    @Test
    void endsInOrderWhenAsked() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.send(new FrameOutput(FrameType.EXIT));
            assertThat(worker.endsWithin(20)).isTrue();
            assertThat(worker.process.exitValue()).isZero();
        }
    }

    @Test
    void aShutdownHookThatHangsIsNotWaitedForLong() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (_, _) -> {
                Runtime.getRuntime().addShutdownHook(new Thread(() -> new Semaphore(0).acquireUninterruptibly()));
                return null;
            });
            worker.tasks(1, 0, 1);
            worker.results(1);
            worker.send(new FrameOutput(FrameType.EXIT));
            assertThat(worker.endsWithin(20)).isTrue();
            assertThat(worker.process.exitValue()).isIn(KILLED, HALTED);
        }
    }

    @Test
    void aTaskThatEndsTheProcessSetsItsExitCode() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.call(1, (_, _) -> {
                System.exit(42);
                return null;
            });
            worker.tasks(1, 0, 1);
            assertThat(worker.endsWithin(20)).isTrue();
            assertThat(worker.process.exitValue()).isEqualTo(42);
        }
    }

    @Test
    void aTaskThatTakesAllMemoryFailsOrEndsTheProcess() throws Exception {
        try (ChildWorker worker = ChildWorker.ready("-Xmx24m")) {
            worker.call(1, (_, _) -> {
                for (int bytes = 1 << 20; ; bytes = Math.max(bytes / 2, 16)) {
                    try {
                        while (true) {
                            Hoard.KEPT.add(new byte[bytes]);
                        }
                    } catch (OutOfMemoryError e) {
                        if (bytes == 16) {
                            throw e;
                        }
                    }
                }
            });
            worker.tasks(1, 0, 1);
            FrameInput frame = null;
            try {
                frame = worker.connection.read();
            } catch (EOFException e) {
                assertThat(worker.endsWithin(20)).isTrue();
                assertThat(worker.process.exitValue()).isEqualTo(Ending.BROKEN);
                assertThat(worker.errorText()).contains("OutOfMemoryError");
            }
            if (frame != null) {
                assertThat(frame.type()).isEqualTo(FrameType.FAILED);
            }
        }
    }

    private static final class Hoard {
        static final List<byte[]> KEPT = new ArrayList<>();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00000000", // a length of nothing
                "7fffffff", // a length above the bound
                "ffffffff",
                "0000000163", // an unknown type
                "0000000101", // READY, which is the worker's to say
                "0000000103", // a CALL that says nothing
                "0000000900000000000000000000", // WELCOME of version 0
                "0000000509ffffffff", // END_CALL, cut
                "000000060b0000000102" // a class that nobody asked for
            })
    void endsAtWhatIsNoFrame(String hex) throws Exception {
        try (ChildWorker worker = ChildWorker.connected()) {
            worker.sendRaw(java.util.HexFormat.of().parseHex(hex));
            assertThat(worker.endsWithin(20)).isTrue();
            assertThat(worker.process.exitValue()).isEqualTo(Ending.BROKEN);
            assertThat(worker.errorText()).contains("ProtocolException");
        }
    }

    @Test
    void endsAtATruncatedBatch() throws Exception {
        try (ChildWorker worker = ChildWorker.ready()) {
            worker.callWithArguments(1, (_, argument) -> argument);
            worker.send(ChildWorker.tasksFrame(1, 0, 3, 0).putInt(100));
            assertThat(worker.endsWithin(20)).isTrue();
            assertThat(worker.errorText()).contains("ProtocolException");
        }
    }

    @Test
    void deletesTheSocketOfAParentThatIsGone(@TempDir Path temp) throws Exception {
        Path folder = Files.createDirectory(temp.resolve("heddle-1"));
        Path socket = folder.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
        }
        Process process = ChildWorker.start(List.of(), temp.resolve("errors"));
        ChildWorker.introduce(process.getOutputStream(), socket);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(folder).doesNotExist();
    }

    @Test
    void deletesTheSocketWhenTheParentDiesInBetween(@TempDir Path temp) throws Exception {
        Path folder = Files.createDirectory(temp.resolve("heddle-1"));
        Path socket = folder.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            Process process = ChildWorker.start(List.of(), temp.resolve("errors"));
            ChildWorker.introduce(process.getOutputStream(), socket);
            server.accept().close(); // and nothing was said
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(folder).doesNotExist();
    }

    /** As where java reads the options from standard input. */
    @Test
    void waitsForTheSocketThatItWasToldOfAtTheStart(@TempDir Path temp) throws Exception {
        Path folder = Files.createDirectory(temp.resolve("heddle-1"));
        Path socket = folder.resolve("s");
        Process process = ChildWorker.start(
                List.of(introduction(socket, ProcessHandle.current().pid())), temp.resolve("errors"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            await().until(() -> process.info().totalCpuDuration().orElseThrow().toMillis() > 50);
            server.bind(UnixDomainSocketAddress.of(socket));
            server.accept().close(); // and nothing was said
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(folder).doesNotExist();
    }

    @Test
    void waitsForNoSocketOfAParentThatIsGone(@TempDir Path temp) throws Exception {
        Path folder = Files.createDirectory(temp.resolve("heddle-1"));
        List<String> worker = ChildWorker.command(List.of());
        String property = "-D" + WorkerMain.INTRODUCTION + "=" + ChildWorker.introduction(folder.resolve("s"));
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c"));
        command.add("java=$1; shift; \"$java\" \"" + property + "$$\n\" \"$@\" & sleep 0.3");
        command.add("sh");
        command.addAll(worker);
        Process parent = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(temp.resolve("out").toFile())
                .start();
        await().until(() -> parent.descendants().count() == 2 || !parent.isAlive());
        List<ProcessHandle> children = parent.descendants().toList();
        assertThat(parent.waitFor(30, TimeUnit.SECONDS)).isTrue();
        await().until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
        assertThat(folder).doesNotExist();
    }

    private static String introduction(Path socket, long parent) {
        return "-D" + WorkerMain.INTRODUCTION + "=" + ChildWorker.introduction(socket) + parent + "\n";
    }

    @Test
    void sayingNothingAtStartEndsIt(@TempDir Path temp) throws Exception {
        Path errors = temp.resolve("errors");
        Process process = ChildWorker.start(List.of(), errors);
        process.getOutputStream().close();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(errors).content().contains("Only Heddle starts worker processes");
    }
}
