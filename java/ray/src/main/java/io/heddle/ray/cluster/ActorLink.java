package io.heddle.ray.cluster;

import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.pool.ScatteredFrame;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.Frames;
import io.heddle.ray.actor.About;
import io.heddle.ray.actor.HeddleActor;
import io.ray.api.ActorHandle;
import io.ray.api.ObjectRef;
import io.ray.api.exception.RayTimeoutException;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/*
 * Each write is an exchange, whose answer brings frames of the worker. One at least is under way always: by it the worker's results come,
 * and the news of its death. Answers are read in the order of the exchanges, which is the order of the worker's frames.
 */
/** An actor as a pool sees it. Thread-safe, but one thread reads. */
final class ActorLink implements WorkerLink {
    private static final int NAME_DIGITS = 8;
    private static final int LOOK_MILLIS = 1000;
    private static final byte[] NOTHING = {};
    private static final Executor LATER = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);

    private final ActorHandle<HeddleActor> actor;
    private final About about;
    private final double cpus;
    private final int environmentLimit;
    private final int maxFrameBytes;
    private final Duration headTimeout;
    private final Head head;
    private final ScatteredObjects scattered;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Deque<FrameInput> arrived = new ArrayDeque<>(); // of the reader
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<ObjectRef<byte[]>> underWay = new ArrayDeque<>(); // guarded by lock
    private long sequence; // guarded by lock
    private byte[] held = NOTHING; // guarded by lock
    private volatile boolean killed;
    private volatile boolean lost; // with the cluster's head

    ActorLink(
            ActorHandle<HeddleActor> actor,
            About about,
            double cpus,
            int environmentLimit,
            RaySettings settings,
            Head head,
            ScatteredObjects scattered) {
        this.actor = actor;
        this.about = about;
        this.cpus = cpus;
        this.environmentLimit = environmentLimit;
        this.maxFrameBytes = settings.maxFrameBytes();
        this.headTimeout = settings.headTimeout();
        this.head = head;
        this.scattered = scattered;
    }

    @Override
    public String name() {
        return about.pid() + " on " + about.node() + " (actor "
                + actor.getId().toString().substring(0, NAME_DIGITS) + ")";
    }

    @Override
    public long pid() {
        return about.pid();
    }

    /** The CPUs that Ray has set aside for it. */
    double cpus() {
        return cpus;
    }

    @Override
    public int environmentLimit() {
        return environmentLimit;
    }

    @Override
    public void write(FrameOutput... frames) throws IOException {
        byte[] joined = Frames.join(maxFrameBytes, frames);
        if (frames.length == 1 && frames[0].type() == FrameType.END_CALL && joined[joined.length - 1] == 0) {
            hold(joined);
        } else {
            exchange(joined);
        }
    }

    /** Nothing waits for the news that a call has ended: it goes with the next frames, or by itself a little later. */
    private void hold(byte[] frames) throws EOFException {
        lock.lock();
        try {
            if (!isAlive()) {
                throw new EOFException("the actor has ended");
            }
            boolean first = held.length == 0;
            held = joined(held, frames);
            if (first) {
                var _ = CompletableFuture.runAsync(this::sendHeld, LATER);
            }
        } finally {
            lock.unlock();
        }
    }

    private void sendHeld() {
        lock.lock();
        try {
            if (held.length > 0) {
                exchange(null);
            }
        } catch (IOException e) {
            // the reader sees the actor's end
        } finally {
            lock.unlock();
        }
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    @Override
    public void write(ScatteredFrame value) throws IOException {
        ObjectRef<byte[]> stored = stored(value);
        if (stored == null) {
            write(value.frame());
        } else {
            sendHeld();
            submit(number -> actor.task(HeddleActor::exchange, number, stored).remote());
        }
    }

    private @Nullable ObjectRef<byte[]> stored(ScatteredFrame value) throws IOException {
        try {
            return scattered.stored(value, maxFrameBytes);
        } catch (RuntimeException e) {
            throw new IOException("Ray did not take a scattered value into its object store: " + e, e);
        }
    }

    private void exchange(byte @Nullable [] frames) throws IOException {
        lock.lock();
        try {
            byte[] all = held.length == 0 ? frames : frames == null ? held : joined(held, frames);
            held = NOTHING;
            submit(number -> actor.task(HeddleActor::exchange, number, all).remote());
        } finally {
            lock.unlock();
        }
    }

    private void submit(LongFunction<ObjectRef<byte[]>> call) throws IOException {
        lock.lock();
        try {
            if (!isAlive() || RaySession.isLeaving()) {
                throw new EOFException("the actor has ended");
            }
            underWay.addLast(call.apply(sequence));
            sequence++;
        } catch (RuntimeException e) {
            throw new IOException("Ray did not take a call of the actor " + name() + ": " + e, e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public FrameInput read() throws IOException {
        while (arrived.isEmpty()) {
            byte[] answer = awaited(oldest());
            lock.lock();
            try {
                underWay.removeFirst();
                if (underWay.isEmpty()) {
                    exchange(null);
                }
            } finally {
                lock.unlock();
            }
            if (answer != null) {
                arrived.addAll(Frames.split(answer, maxFrameBytes));
            }
        }
        return arrived.removeFirst();
    }

    private byte @Nullable [] awaited(ObjectRef<byte[]> call) throws EOFException {
        while (true) {
            if (head.isLost(headTimeout)) {
                lost = true;
                throw end(new EOFException(head.lost(headTimeout)));
            }
            if (RaySession.isLeaving()) {
                throw end(new EOFException("this process is exiting"));
            }
            try {
                return call.get(LOOK_MILLIS);
            } catch (RayTimeoutException e) {
                // its work takes longer
            } catch (RuntimeException e) { // Ray's: the actor has died, or its answer is lost with its node
                throw end((EOFException) new EOFException("the actor has ended: " + e).initCause(e));
            }
        }
    }

    private EOFException end(EOFException why) {
        ended.complete(null);
        return why;
    }

    private ObjectRef<byte[]> oldest() throws IOException {
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

    @Override
    public boolean isAlive() {
        return !killed && !ended.isDone();
    }

    @Override
    public void kill() {
        killed = true;
        end();
    }

    @Override
    public void end() {
        Head.tell(() -> {
            try {
                actor.kill(true);
            } catch (RuntimeException e) {
                // the cluster is gone, and the actor with it
            }
        });
    }

    @Override
    public CompletableFuture<?> onExit() {
        return ended.copy();
    }

    @Override
    public TerminatedWorkerException death(String during) {
        boolean byUs = killed;
        end();
        return new TerminatedWorkerException(
                "Ray actor " + name() + " " + how(during, byUs) + ". What it printed is in " + about.logs() + " on "
                        + about.node() + ", in the files whose names have its process number",
                about.pid(),
                null,
                null,
                null);
    }

    private String how(String during, boolean byUs) {
        if (lost) {
            return "was given up while " + during + ". " + head.lost(headTimeout);
        }
        if (byUs || RaySession.isLeaving()) {
            return "died while " + during + ". Heddle ended it";
        }
        return "died while " + during + ". "
                + ActorTable.deathCause(head, actor.getId())
                        .map(text -> "Ray says: " + text)
                        .orElse(
                                head.isAway()
                                        ? "The cluster's head, which would know why, does not answer"
                                        : "Ray says no more than that");
    }
}
