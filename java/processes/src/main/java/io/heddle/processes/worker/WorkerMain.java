package io.heddle.processes.worker;

import io.heddle.processes.wire.Connection;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/*
 *   parent ──stdin: socket path, secret, frame bound──▶ main, which connects
 *            (java itself reads a property that has them, where it reads a class path there that is too long for a command line)
 *
 *                 ┌──────────── main: reads frames, runs no code of users ──────────┐
 *   parent ◀═══▶ socket                                                           inbox
 *                 ├──◀── heddle-worker: tasks, results, all user code of a call ──◀─┘
 *                 └──◀── heddle-sender: records and class requests of any thread
 *
 * The end of the socket is the parent's death: main, which always reads, then ends this process at once. Standard input has nothing more to
 * say, so that it is empty for tasks and for the processes that they start.
 *
 * Everything on the way to READY is plain on purpose: a lambda, a switch over types or a format string costs a new JVM milliseconds each.
 */
/** The main class of a worker process. Started by Heddle alone. */
public final class WorkerMain {
    /** The property with what standard input says otherwise, and the parent's number; no task sees it. */
    public static final String INTRODUCTION = "io.heddle.worker.introduction";

    private static final int ABSENT_MILLIS = 2;
    private static final int MOST_LINE_BYTES = 1 << 14;
    private static final String PROVIDER_PROPERTY = "java.nio.channels.spi.SelectorProvider";
    private static final String PROVIDER = "sun.nio.ch.EPollSelectorProvider"; // the JDK's own on Linux

    private WorkerMain() {}

    /**
     * Connects to the parent and serves it until one of the two ends.
     *
     * @param arguments none
     * @throws IOException if the parent does not say where it is
     */
    public static void main(String[] arguments) throws IOException {
        String told = System.clearProperty(INTRODUCTION);
        InputStream parent = told == null ? System.in : new ByteArrayInputStream(told.getBytes(StandardCharsets.UTF_8));
        Path socket = null;
        byte[] secret;
        int maxFrameBytes;
        long early = 0;
        try {
            socket = Path.of(line(parent));
            Ending.unclaimedSocket(socket);
            secret = hexDigits(line(parent));
            maxFrameBytes = Integer.parseInt(line(parent));
            if (told != null) {
                early = Long.parseLong(line(parent));
            }
        } catch (EOFException e) {
            if (socket != null) {
                Ending.OF_PROCESS.callerGone();
            }
            throw e; // whoever started this is no parent
        }
        System.setIn(InputStream.nullInputStream()); // it is empty at once, also where the parent has not closed it yet
        new ParentWatch().start();
        serve(connect(socket, secret, early), maxFrameBytes);
    }

    /**
     * Connects to the parent.
     *
     * @param early the number of a parent that may still have to make the socket, as it could not say when it is there; 0 where it is
     */
    private static SocketChannel connect(Path socket, byte[] secret, long early) {
        try {
            SocketChannel channel = connected(socket, early);
            ByteBuffer hello = ByteBuffer.allocate(secret.length + Long.BYTES)
                    .put(secret)
                    .putLong(ProcessStatus.pid())
                    .flip();
            while (hello.hasRemaining()) {
                channel.write(hello);
            }
            return channel;
        } catch (IOException e) {
            Ending.OF_PROCESS.callerGone();
            throw new IllegalStateException("the parent is gone", e); // not reached
        }
    }

    private static SocketChannel connected(Path socket, long early) throws IOException {
        while (true) {
            SocketChannel channel = open();
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                return channel;
            } catch (IOException e) {
                channel.close();
                long parent = ProcessStatus.parentPid();
                if (early == 0 || (parent > 0 && parent != early)) {
                    throw e;
                }
            }
            LockSupport.parkNanos(ABSENT_MILLIS * 1_000_000L);
        }
    }

    /** The JDK would look for a provider in every jar of the class path first, which takes 20 to 45 ms with 14 of them. */
    private static SocketChannel open() throws IOException {
        if (System.getProperty(PROVIDER_PROPERTY) != null || !hasClass(PROVIDER)) {
            return SocketChannel.open(StandardProtocolFamily.UNIX);
        }
        System.setProperty(PROVIDER_PROPERTY, PROVIDER);
        try {
            return SocketChannel.open(StandardProtocolFamily.UNIX);
        } finally {
            System.clearProperty(PROVIDER_PROPERTY); // it is read once; tasks see what the user set
        }
    }

    private static boolean hasClass(String name) {
        try {
            Class.forName(name, false, null);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static void serve(SocketChannel channel, int maxFrameBytes) {
        try {
            Connection connection = new Connection(channel, maxFrameBytes);
            new Worker(connection, Ending.OF_PROCESS, false).serve(connection);
        } catch (IOException e) {
            Ending.connectionLost(Ending.OF_PROCESS, e);
        } catch (Throwable e) { // out of memory: a frame is lost
            Ending.OF_PROCESS.broken(e);
        }
    }

    private static String line(InputStream in) throws IOException {
        byte[] bytes = new byte[MOST_LINE_BYTES];
        int size = 0;
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0 || size == bytes.length) {
                throw new EOFException(
                        "Only Heddle starts worker processes: standard input must have the socket, the secret and the bound");
            }
            bytes[size++] = (byte) next;
        }
        return new String(bytes, 0, size, StandardCharsets.UTF_8);
    }

    private static byte[] hexDigits(String text) {
        byte[] bytes = new byte[text.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] =
                    (byte) (Character.digit(text.charAt(2 * i), 16) << 4 | Character.digit(text.charAt(2 * i + 1), 16));
        }
        return bytes;
    }

    /** Ends the worker after its parent where the connection does not: a process that native code of the parent's started holds it open. */
    private static final class ParentWatch extends Thread {
        private static final long PERIOD_MILLIS = 1_000;

        private final long parent = ProcessStatus.parentPid();

        ParentWatch() {
            super(null, null, "heddle-parent", 0, false);
            setDaemon(true);
        }

        @Override
        public void run() {
            while (parent > 0 && ProcessStatus.parentPid() == parent) {
                try {
                    sleep(PERIOD_MILLIS);
                } catch (InterruptedException e) {
                    // by user code that interrupts whatever it finds
                }
            }
            if (parent > 0) {
                Ending.OF_PROCESS.callerGone();
            }
        }
    }
}
