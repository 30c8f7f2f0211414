package io.heddle.ray.cluster;

import io.heddle.ray.actor.HeddleActor;
import io.ray.api.ActorHandle;
import io.ray.api.ObjectRef;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/*
 * Each write is an exchange, whose answer brings frames of the worker. One at least is under way always: by it the worker's results come,
 * and the news of its death. Answers are read in the order of the exchanges, which is the order of the worker's frames.
 */
/**
 * The calls of an actor that carry frames. Each method throws an {@link EOFException} once the actor has ended, and Ray's own unchecked
 * exceptions where it takes no call. Thread-safe, but one thread asks for answers.
 */
final class Exchanges {
    private static final byte[] NOTHING = {};
    private static final Executor LATER = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);

    private final ActorHandle<HeddleActor> actor;
    private final BooleanSupplier alive;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<ObjectRef<byte[]>> underWay = new ArrayDeque<>(); // guarded by lock
    private long sequence; // guarded by lock
    private byte[] held = NOTHING; // guarded by lock
    private long holds; // guarded by lock

    /** Of an actor, as long as it lives. */
    Exchanges(ActorHandle<HeddleActor> actor, BooleanSupplier alive) {
        this.actor = actor;
        this.alive = alive;
    }

    void send(byte[] frames) throws EOFException {
        exchange(frames);
    }

    /** Sends what Ray has stored. */
    void send(ObjectRef<byte[]> frames) throws EOFException {
        lock.lock();
        try {
            if (held.length > 0) {
                exchange(null);
            }
            submit(number -> actor.task(HeddleActor::exchange, number, frames).remote());
        } finally {
            lock.unlock();
        }
    }

    /** Sends what nobody waits for: with the next frames, or by itself a little later. */
    void sendSoon(byte[] frames) throws EOFException {
        lock.lock();
        try {
            requireAlive();
            if (held.length == 0) {
                long hold = ++holds;
                var _ = CompletableFuture.runAsync(() -> sendHeld(hold), LATER);
            }
            held = joined(held, frames);
        } finally {
            lock.unlock();
        }
    }

    /** Unless it went with others; what is held then has its own time. */
    private void sendHeld(long hold) {
        lock.lock();
        try {
            if (held.length > 0 && hold == holds) {
                exchange(null);
            }
        } catch (IOException | RuntimeException e) {
            // who sends or reads next finds that out
        } finally {
            lock.unlock();
        }
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private void exchange(byte @Nullable [] frames) throws EOFException {
        lock.lock();
        try {
            byte[] all = held.length == 0 ? frames : frames == null ? held : joined(held, frames);
            held = NOTHING;
            submit(number -> actor.task(HeddleActor::exchange, number, all).remote());
        } finally {
            lock.unlock();
        }
    }

    private void submit(LongFunction<ObjectRef<byte[]>> call) throws EOFException {
        requireAlive();
        underWay.addLast(call.apply(sequence));
        sequence++;
    }

    private void requireAlive() throws EOFException {
        if (!alive.getAsBoolean() || RaySession.isLeaving()) {
            throw new EOFException("the actor has ended");
        }
    }

    /** The one whose answer comes next. */
    ObjectRef<byte[]> oldest() throws EOFException {
        lock.lock();
        try {
            if (underWay.isEmpty()) {
                exchange(null);
            }
            return underWay.getFirst();
        } finally {
            lock.unlock();
        }
    }

    /** The oldest has its answer. */
    void answered() throws EOFException {
        lock.lock();
        try {
            underWay.removeFirst();
            if (underWay.isEmpty()) {
                exchange(null);
            }
        } finally {
            lock.unlock();
        }
    }
}
