package io.heddle.processes.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.backend.SharedFunction;
import io.heddle.processes.wire.Connection;
import io.heddle.processes.wire.Failures;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ValueReader;
import io.heddle.processes.wire.ValueWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A worker process whose parent is the test, frame by frame. */
final class ChildWorker implements AutoCloseable {
    static final int MAX_FRAME_BYTES = 1 << 20;
    static final Format FORMAT = Format.of("jdk", "", ChildWorker.class.getClassLoader());

    final Process process;
    final Path folder;
    final Path errors;
    final Connection connection;
    private final SocketChannel channel;

    private ChildWorker(List<String> options) throws IOException {
        folder = Files.createTempDirectory("heddle-");
        errors = Files.createTempFile("heddle-worker", ".err");
        Path socket = folder.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            process = start(options, errors);
            introduce(process.getOutputStream(), socket);
            channel = server.accept();
        }
        ByteBuffer hello = ByteBuffer.allocate(40);
        while (hello.hasRemaining()) {
            assertThat(channel.read(hello)).as(() -> errorText()).isPositive();
        }
        assertThat(hello.get(31)).isEqualTo((byte) 0xAB);
        assertThat(hello.getLong(32)).isEqualTo(process.pid());
        Files.delete(socket);
        Files.delete(folder);
        connection = new Connection(channel, 8 * MAX_FRAME_BYTES);
    }

    /** A process that has connected, and knows nothing yet. */
    static ChildWorker connected(String... options) throws IOException {
        return new ChildWorker(List.of(options));
    }

    /** A process that is ready for calls. */
    static ChildWorker ready(String... options) throws IOException {
        ChildWorker worker = connected(options);
        worker.send(welcome(0, null));
        assertThat(worker.expect(FrameType.READY).getLong()).isPositive();
        return worker;
    }

    static Process start(List<String> options, Path errors) throws IOException {
        return new ProcessBuilder(command(options))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();
    }

    static List<String> command(List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of("-XX:+UseSerialGC", "-Xmx200m", "-Xshare:auto", "-cp", System.getProperty("java.class.path")));
        command.add("-Djava.util.logging.config.class=io.heddle.processes.worker.LogForwarding");
        command.addAll(options);
        command.add("io.heddle.processes.worker.WorkerMain");
        return command;
    }

    static void introduce(OutputStream stdin, Path socket) throws IOException {
        stdin.write(introduction(socket).getBytes(StandardCharsets.UTF_8));
        stdin.close();
    }

    static String introduction(Path socket) {
        return socket + "\n" + "ab".repeat(32) + "\n" + MAX_FRAME_BYTES + "\n";
    }

    static FrameOutput welcome(int loaderId, @Nullable Runnable initializer) throws IOException {
        return welcome(loaderId, initializer, 0);
    }

    static FrameOutput welcome(int loaderId, @Nullable Runnable initializer, long growthLimitBytes) throws IOException {
        FrameOutput frame = new FrameOutput(FrameType.WELCOME)
                .putInt(1)
                .putString("jdk")
                .putString("")
                .putInt(1) // so that nothing native is touched
                .putLong(growthLimitBytes)
                .putInt(loaderId);
        frame.write(initializer == null ? 0 : 1);
        if (initializer != null) {
            values(frame, initializer);
        }
        return frame;
    }

    static FrameOutput values(FrameOutput frame, @Nullable Object... values) throws IOException {
        ValueWriter writer = new ValueWriter(frame, FORMAT);
        for (Object value : values) {
            writer.write(value);
        }
        writer.finish();
        return frame;
    }

    void call(long id, boolean hasArguments, Object function) throws IOException {
        call(id, 0, hasArguments, function);
    }

    void call(long id, int loaderId, boolean hasArguments, Object function) throws IOException {
        FrameOutput frame = new FrameOutput(FrameType.CALL)
                .putLong(id)
                .putInt(loaderId)
                .putInt(1)
                .putInt(1)
                .putInt(0)
                .putInt(1)
                .putInt(0)
                .putLong(0)
                .putInt(0)
                .putInt(0);
        frame.write(0); // no constraint
        frame.write(hasArguments ? 1 : 0);
        frame.write(1); // it may refer to scattered values
        send(values(frame, function));
    }

    void call(long id, SharedFunction function) throws IOException {
        call(id, false, function);
    }

    void callWithArguments(long id, SharedFunction function) throws IOException {
        call(id, true, function);
    }

    void tasks(long id, long from, int count) throws IOException {
        send(tasksFrame(id, from, count, 0));
    }

    void tasksWith(long id, long from, @Nullable Object... arguments) throws IOException {
        send(values(tasksFrame(id, from, arguments.length, 0), arguments));
    }

    static FrameOutput tasksFrame(long id, long from, int count, int resultsRead) {
        return new FrameOutput(FrameType.TASKS)
                .putLong(id)
                .putLong(from)
                .putInt(count)
                .putInt(resultsRead);
    }

    void endCall(long id, boolean interrupt) throws IOException {
        FrameOutput frame = new FrameOutput(FrameType.END_CALL).putLong(id);
        frame.write(interrupt ? 1 : 0);
        send(frame);
    }

    void send(FrameOutput frame) throws IOException {
        connection.write(frame);
    }

    /** Bytes that need not be frames. */
    void sendRaw(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** The next frame, which must be of this type. */
    FrameInput expect(FrameType type) throws IOException {
        FrameInput frame;
        try {
            frame = connection.read();
        } catch (IOException e) {
            throw new AssertionError("no " + type + " came, but the worker's end: " + errorText(), e);
        }
        assertThat(frame.type()).isEqualTo(type);
        return frame;
    }

    Received results(long callId) throws Exception {
        FrameInput frame = expect(FrameType.RESULTS);
        assertThat(frame.getLong()).isEqualTo(callId);
        int sequence = frame.getInt();
        long from = frame.getLong();
        int count = frame.getInt();
        long runNanos = frame.getLong();
        ValueReader reader = new ValueReader(frame, FORMAT, ChildWorker.class.getClassLoader());
        List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(reader.read());
        }
        assertThat(reader.hasNext()).isFalse();
        return new Received(sequence, from, values, runNanos);
    }

    /** The next results, in as many frames as the worker takes for them: it waits for none longer than some milliseconds. */
    List<@Nullable Object> values(long callId, long from, int count) throws Exception {
        List<@Nullable Object> values = new ArrayList<>();
        while (values.size() < count) {
            Received received = results(callId);
            assertThat(received.from()).isEqualTo(from + values.size());
            values.addAll(received.values());
        }
        return values;
    }

    Failed failed(long callId) throws IOException {
        FrameInput frame = expect(FrameType.FAILED);
        assertThat(frame.getLong()).isEqualTo(callId);
        return new Failed(frame.getLong(), frame.getByte(), failure(frame));
    }

    Unreadable unreadable(long callId) throws IOException {
        FrameInput frame = expect(FrameType.UNREADABLE);
        assertThat(frame.getLong()).isEqualTo(callId);
        return new Unreadable(frame.getLong(), frame.getInt(), failure(frame));
    }

    static Throwable failure(FrameInput frame) throws IOException {
        return Failures.read(frame, FORMAT, ChildWorker.class.getClassLoader());
    }

    boolean endsWithin(long seconds) throws InterruptedException {
        return process.waitFor(seconds, TimeUnit.SECONDS);
    }

    String errorText() {
        try {
            return Files.readString(errors);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
        try {
            process.onExit().orTimeout(30, TimeUnit.SECONDS).join(); // no worker outlives its connection
        } finally {
            process.destroyForcibly();
            Files.deleteIfExists(errors);
        }
    }

    record Received(int sequence, long from, List<@Nullable Object> values, long runNanos) {}

    record Failed(long index, int kind, Throwable failure) {}

    record Unreadable(long from, int count, Throwable failure) {}
}
