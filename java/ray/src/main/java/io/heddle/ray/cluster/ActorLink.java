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
import java.util.Deque;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An actor as a pool sees it. Thread-safe, but one thread reads. */
final class ActorLink implements WorkerLink {
    private static final int NAME_BYTES = 4;
    private static final int LOOK_MILLIS = 1000;

    private final ActorHandle<HeddleActor> actor;
    private final Exchanges exchanges;
    private final About about;
    private final double cpus;
    private final int environmentLimit;
    private final int maxFrameBytes;
    private final Duration headTimeout;
    private final Head head;
    private final ScatteredObjects scattered;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Deque<FrameInput> arrived = new ArrayDeque<>(); // of the reader
    private volatile boolean killed;
    private volatile @Nullable RuntimeException refusal; // Ray's
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
        this.exchanges = new Exchanges(actor, this::isAlive);
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
                + HexFormat.of().formatHex(actor.getId().getBytes(), 0, NAME_BYTES) + ")";
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
        boolean canWait =
                frames.length == 1 && frames[0].type() == FrameType.END_CALL && joined[joined.length - 1] == 0;
        try {
            if (canWait) {
                exchanges.sendSoon(joined);
            } else {
                exchanges.send(joined);
            }
        } catch (RuntimeException e) {
            throw refused("a call of the actor " + name(), e);
        }
    }

    @Override
    public void write(ScatteredFrame value) throws IOException {
        ObjectRef<byte[]> stored;
        try {
            stored = scattered.stored(value, maxFrameBytes);
            if (stored != null) {
                exchanges.send(stored);
            }
        } catch (RuntimeException e) {
            throw refused("a scattered value", e);
        }
        if (stored == null) {
            write(value.frame());
        }
    }

    private IOException refused(String what, RuntimeException why) {
        refusal = why;
        return new IOException("Ray did not take " + what + ": " + why, why);
    }

    @Override
    public FrameInput read() throws IOException {
        try {
            while (arrived.isEmpty()) {
                byte[] answer = awaited(exchanges.oldest());
                exchanges.answered();
                if (answer != null) {
                    arrived.addAll(Frames.split(answer, maxFrameBytes));
                }
            }
            return arrived.removeFirst();
        } catch (IOException | RuntimeException | Error e) { // nobody reads on
            ended.complete(null);
            throw e;
        }
    }

    private byte @Nullable [] awaited(ObjectRef<byte[]> call) throws EOFException {
        while (true) {
            if (head.isLost(headTimeout)) {
                lost = true;
                throw new EOFException(head.lost(headTimeout));
            }
            if (RaySession.isLeaving()) {
                throw new EOFException("this process is exiting");
            }
            try {
                return call.get(LOOK_MILLIS);
            } catch (RayTimeoutException e) {
                // its work takes longer
            } catch (RuntimeException e) { // Ray's: the actor has died, or its answer is lost with its node
                throw (EOFException) new EOFException("the actor has ended: " + e).initCause(e);
            }
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
        Head.tell(() -> actor.kill(true));
    }

    @Override
    public CompletableFuture<?> onExit() {
        return ended.copy();
    }

    @Override
    public TerminatedWorkerException death(String during) {
        boolean byUs = killed;
        end();
        var death = new TerminatedWorkerException(
                "Ray actor " + name() + " " + how(during, byUs) + ". What it printed is in " + about.logs() + " on "
                        + about.node() + ", in the files whose names have its process number",
                about.pid(),
                null,
                null,
                null);
        if (refusal != null) {
            death.initCause(refusal);
        }
        return death;
    }

    private String how(String during, boolean byUs) {
        if (lost) {
            return "was given up while " + during + ". " + head.lost(headTimeout);
        }
        if (refusal != null) {
            return "was ended while " + during + ". Ray did not take what was sent to it: " + refusal;
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
