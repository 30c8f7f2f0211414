package io.heddle.processes.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/*
 * A frame is its length in 4 bytes, its type in 1, and what it says. A length is believed only as far as bytes come: memory for a frame
 * grows with what has arrived.
 */
/**
 * A connection between the parent and a worker, on either side. One thread reads, any thread writes; all are Heddle's own, and an interrupt
 * that user code left on one is cleared: it would close the channel.
 */
public final class Connection implements FrameChannel, AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int FIRST_PIECE_BYTES = 1 << 20;

    private final SocketChannel channel;
    private final int maxFrameBytes;
    private final ReentrantLock writing = new ReentrantLock();
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER_BYTES); // guarded by writing
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);

    /** A connection over a channel in blocking mode. */
    public Connection(SocketChannel channel, int maxFrameBytes) {
        this.channel = channel;
        this.maxFrameBytes = maxFrameBytes;
    }

    @Override
    public FrameInput read() throws IOException {
        Thread.interrupted();
        int length = readInt();
        Frames.checkLength(length, maxFrameBytes);
        byte[] bytes = new byte[Math.min(length, FIRST_PIECE_BYTES)];
        for (int have = 0; have < length; ) {
            if (have == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(length, 16L * have));
            }
            fill();
            int piece = Math.min(in.remaining(), bytes.length - have);
            in.get(bytes, have, piece);
            have += piece;
        }
        return Frames.frame(bytes, 0, length);
    }

    private int readInt() throws IOException {
        while (in.remaining() < Integer.BYTES) {
            in.compact();
            int read = channel.read(in);
            in.flip();
            if (read < 0) {
                throw new EOFException("the other side has closed the connection");
            }
        }
        return in.getInt();
    }

    /** Makes sure that a byte is there. */
    private void fill() throws IOException {
        if (!in.hasRemaining()) {
            in.clear();
            int read = channel.read(in);
            in.flip();
            if (read < 0) {
                throw new EOFException("the other side has closed the connection within a frame");
            }
        }
    }

    @Override
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /** Waits while the other side does not read. */
    @Override
    public void write(FrameOutput... frames) throws IOException {
        for (FrameOutput frame : frames) {
            frame.check(maxFrameBytes);
        }
        Thread.interrupted();
        writing.lock();
        try {
            out.clear();
            for (FrameOutput frame : frames) {
                put(frame.finished(), frame.position());
            }
            flush();
        } finally {
            writing.unlock();
        }
    }

    private void put(byte[] bytes, int length) throws IOException {
        for (int from = 0; from < length; ) {
            if (!out.hasRemaining()) {
                flush();
            }
            int piece = Math.min(length - from, out.remaining());
            out.put(bytes, from, piece);
            from += piece;
        }
    }

    private void flush() throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        out.clear();
    }

    /** Closes it; who waits for a frame gets an exception. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
