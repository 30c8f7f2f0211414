package io.heddle.ray.actor;

import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameSink;
import io.heddle.processes.wire.Frames;
import io.heddle.processes.wire.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/*
 * An exchange is a call of the actor: it brings frames and takes frames with it. The caller has at least one under way, so that what the
 * worker writes has a way to it, and numbers them, as Ray's threads may run them in any order.
 *
 *   exchange 7: frames in ──▶ [turn: 7 after 6] ──▶ the worker          write() ──▶ [frames out] ──▶ the exchange that has waited longest
 *
 * Each thread is woken for its own sake only: a needless one costs as much as what it waits for, on a trip of half a millisecond.
 */
/** Frames from a worker to its caller, which come and go by calls of the actor. Thread-safe. */
final class ActorChannel implements FrameSink {
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
    private final Condition turn = lock.newCondition();
    private final Condition taken = lock.newCondition();

    // guarded by lock
    private final Deque<Piece> out = new ArrayDeque<>();
    private final Deque<Condition> waiting = new ArrayDeque<>(); // of exchanges, the oldest first
    private long outBytes;
    private long next; // the exchange whose turn it is
    private boolean ended;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Piece(byte[] bytes) {}

    ActorChannel(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    /**
     * Brings frames and takes what is to be sent; waits for it. An empty answer is one without frames.
     *
     * @param worker is given the frames
     */
    byte[] exchange(long sequence, byte[] frames, Consumer<FrameInput> worker)
            throws ProtocolException, InterruptedException {
        var brought = Frames.split(frames, maxFrameBytes);
        awaitTurn(sequence);
        brought.forEach(worker); // no other exchange has its turn meanwhile
        lock.lock();
        try {
            next++;
            turn.signalAll();
            Condition mine = lock.newCondition();
            waiting.addLast(mine);
            wakeFirst();
            for (long left = POLL_NANOS; !mayAnswer(mine) && left > 0; ) {
                left = mine.awaitNanos(left);
            }
            byte[] answer = isFirst(mine) ? takeOut() : new byte[0];
            waiting.remove(mine);
            wakeFirst();
            return answer;
        } finally {
            lock.unlock();
        }
    }

    private void awaitTurn(long sequence) {
        lock.lock();
        try {
            while (sequence != next && !ended) {
                turn.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isFirst(Condition exchange) {
        return exchange.equals(waiting.peekFirst());
    }

    private boolean mayAnswer(Condition exchange) {
        return ended || (isFirst(exchange) && hasAnswer());
    }

    private boolean hasAnswer() {
        return !out.isEmpty() || waiting.size() > MOST_WAITING;
    }

    private void wakeFirst() {
        Condition first = waiting.peekFirst();
        if (first != null && hasAnswer()) {
            first.signal();
        }
    }

    private byte[] takeOut() {
        long most = outBytes > MUCH_BYTES ? LARGE_ANSWER_BYTES : SMALL_ANSWER_BYTES;
        long size = 0;
        Deque<Piece> pieces = new ArrayDeque<>();
        while (!out.isEmpty() && (pieces.isEmpty() || size + out.getFirst().bytes().length <= most)) {
            Piece piece = out.removeFirst();
            size += piece.bytes().length;
            pieces.addLast(piece);
        }
        outBytes -= size;
        taken.signalAll();
        if (pieces.size() == 1) {
            return pieces.getFirst().bytes();
        }
        byte[] joined = new byte[(int) size];
        int at = 0;
        for (Piece piece : pieces) {
            System.arraycopy(piece.bytes(), 0, joined, at, piece.bytes().length);
            at += piece.bytes().length;
        }
        return joined;
    }

    @Override
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    @Override
    public void write(FrameOutput... frames) throws IOException {
        byte[] piece = Frames.join(maxFrameBytes, frames);
        lock.lock();
        try {
            while (outBytes > MOST_BYTES && !ended) {
                taken.awaitUninterruptibly();
            }
            if (ended) {
                throw new EOFException("the worker has ended");
            }
            out.addLast(new Piece(piece));
            outBytes += piece.length;
            wakeFirst();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the last words are on their way. */
    void drain(long nanos) throws InterruptedException {
        lock.lock();
        try {
            for (long left = nanos; !out.isEmpty() && left > 0; ) {
                left = taken.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is taken or written any more. */
    void end() {
        lock.lock();
        try {
            ended = true;
            turn.signalAll();
            taken.signalAll();
            waiting.forEach(Condition::signal);
        } finally {
            lock.unlock();
        }
    }
}
