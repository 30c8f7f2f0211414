package io.heddle.ray.actor;

import io.heddle.processes.wire.FrameChannel;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.Frames;
import io.heddle.processes.wire.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/*
 * An exchange is a call of the actor: it brings frames and takes frames with it. The caller has at least one under way, so that what the
 * worker writes has a way to it, and numbers them, as Ray's threads may run them in any order.
 *
 *   exchange 7: frames in ──▶ [turn: 7 after 6] ──▶ read()           write() ──▶ [frames out] ──▶ the exchange that has waited longest
 */
/** Frames between a worker and its caller, which come and go by calls of the actor. Thread-safe. */
final class ActorChannel implements FrameChannel {
    /** An exchange that nothing is to be sent by answers after so long, for the caller to see that the actor lives. */
    private static final long POLL_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** More exchanges than these need not wait: the caller has as many batches under way at most. */
    private static final int MOST_WAITING = 4;
    /** Ray puts more than 100 kB into its object store: 2.6 ms instead of 0.7 ms for a trip there and back. */
    private static final long SMALL_ANSWER_BYTES = 90_000;
    /** With so much to be sent, fewer trips are worth more than quick ones. */
    private static final long MUCH_BYTES = 1 << 20;

    private static final long LARGE_ANSWER_BYTES = 64 << 20;
    /** Who writes waits while more than this is on its way. */
    private static final long MOST_BYTES = 256 << 20;

    private final int maxFrameBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // guarded by lock
    private final Deque<FrameInput> in = new ArrayDeque<>();
    private final Deque<Piece> out = new ArrayDeque<>();
    private final Deque<Long> waiting = new ArrayDeque<>(); // exchanges, the oldest first
    private long outBytes;
    private long next; // the exchange whose turn it is
    private boolean ended;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Piece(byte[] bytes) {}

    ActorChannel(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    /** Brings frames and takes what is to be sent; waits for it. An empty answer is one without frames. */
    byte[] exchange(long sequence, byte[] frames) throws ProtocolException, InterruptedException {
        var brought = Frames.split(frames, maxFrameBytes);
        lock.lock();
        try {
            while (sequence != next && !ended) {
                changed.awaitUninterruptibly();
            }
            next++;
            in.addAll(brought);
            waiting.addLast(sequence);
            changed.signalAll();
            for (long left = POLL_NANOS; !mayAnswer(sequence) && left > 0; ) {
                left = changed.awaitNanos(left);
            }
            Long first = waiting.peekFirst();
            byte[] answer = first != null && first == sequence ? takeOut() : new byte[0];
            waiting.remove(sequence);
            changed.signalAll();
            return answer;
        } finally {
            lock.unlock();
        }
    }

    private boolean mayAnswer(long sequence) {
        Long first = waiting.peekFirst();
        return ended || (first != null && first == sequence && (!out.isEmpty() || waiting.size() > MOST_WAITING));
    }

    private byte[] takeOut() {
        long most = outBytes > MUCH_BYTES ? LARGE_ANSWER_BYTES : SMALL_ANSWER_BYTES;
        long size = 0;
        Deque<Piece> taken = new ArrayDeque<>();
        while (!out.isEmpty() && (taken.isEmpty() || size + out.getFirst().bytes().length <= most)) {
            Piece piece = out.removeFirst();
            size += piece.bytes().length;
            taken.addLast(piece);
        }
        outBytes -= size;
        if (taken.size() == 1) {
            return taken.getFirst().bytes();
        }
        byte[] joined = new byte[(int) size];
        int at = 0;
        for (Piece piece : taken) {
            System.arraycopy(piece.bytes(), 0, joined, at, piece.bytes().length);
            at += piece.bytes().length;
        }
        return joined;
    }

    @Override
    public FrameInput read() throws IOException {
        lock.lock();
        try {
            while (in.isEmpty()) {
                if (ended) {
                    throw new EOFException("the worker has ended");
                }
                changed.awaitUninterruptibly();
            }
            return in.removeFirst();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(FrameOutput... frames) throws IOException {
        byte[] piece = Frames.join(maxFrameBytes, frames);
        lock.lock();
        try {
            while (outBytes > MOST_BYTES && !ended) {
                changed.awaitUninterruptibly();
            }
            if (ended) {
                throw new EOFException("the worker has ended");
            }
            out.addLast(new Piece(piece));
            outBytes += piece.length;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the last words are on their way. */
    void drain(long nanos) throws InterruptedException {
        lock.lock();
        try {
            for (long left = nanos; !out.isEmpty() && left > 0; ) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is read or written any more. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
