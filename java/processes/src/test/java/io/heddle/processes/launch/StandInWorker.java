package io.heddle.processes.launch;

import io.heddle.processes.wire.Connection;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.worker.HiddenProperties;
import io.heddle.processes.worker.WorkerMain;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.Semaphore;

/** A worker that connects as a real one and then does what it is told, for instance to die. */
public final class StandInWorker {
    private StandInWorker() {}

    public static void main(String[] arguments) throws IOException {
        String told = System.getProperty(WorkerMain.INTRODUCTION);
        BufferedReader in = new BufferedReader(
                told == null ? new InputStreamReader(System.in, StandardCharsets.UTF_8) : new StringReader(told));
        String socket = in.readLine();
        byte[] secret = HexFormat.of().parseHex(in.readLine());
        int most = Integer.parseInt(in.readLine());
        String mode = System.getProperty("user.standin", "");
        if (mode.equals("ends")) {
            System.err.println("I do not want to");
            System.exit(7);
        }
        if (mode.equals("hangs")) {
            new Semaphore(0).acquireUninterruptibly();
        }
        SocketChannel channel = connect(UnixDomainSocketAddress.of(socket));
        channel.write(ByteBuffer.allocate(secret.length + Long.BYTES)
                .put(secret)
                .putLong(ProcessHandle.current().pid())
                .flip());
        serve(new Connection(channel, most));
    }

    /** The socket may still have to be made. */
    private static SocketChannel connect(UnixDomainSocketAddress socket) {
        while (true) {
            try {
                return SocketChannel.open(socket);
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        }
    }

    private static void serve(Connection connection) throws IOException {
        while (true) {
            FrameInput frame = connection.read();
            if (frame.type() == FrameType.PROPERTY) {
                HiddenProperties.set(frame);
                continue;
            }
            String command = frame.getText();
            if (command.startsWith("property ")) {
                String value = System.getProperty(command.substring("property ".length()), "none");
                connection.write(new FrameOutput(FrameType.INFO).putString(value));
                continue;
            }
            switch (command) {
                case "exit" -> System.exit(5);
                case "halt" -> Runtime.getRuntime().halt(6);
                case "crash" ->
                    MemorySegment.ofAddress(0xDEAD000).reinterpret(8).set(ValueLayout.JAVA_LONG, 0, 1);
                case "fill" -> fill();
                case "ok" -> {}
                default -> {
                    System.out.println(command);
                    System.err.println("error " + command);
                }
            }
            connection.write(new FrameOutput(FrameType.INFO).putString("done"));
        }
    }

    private static void fill() {
        Object[] kept = null;
        while (true) {
            kept = new Object[] {kept, new long[1 << 20]};
        }
    }
}
