package io.heddle.processes.pool;

import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.wire.Bounded;
import io.heddle.processes.wire.Failures;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import io.heddle.processes.wire.Unsendable;
import io.heddle.processes.wire.ValueWriter;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A worker as its pool and the calls see it. Thread-safe. */
final class Worker {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.processes");
    private static final int PROTOCOL = 1;
    private static final long EXIT_GRACE_MILLIS = 2_000;

    private final WorkerLink link;
    private final WorkerPool pool;
    private final int cpus;
    private final Format format;
    private final CompletableFuture<Worker> ready = new CompletableFuture<>();
    private volatile @Nullable Lane lane; // whom it works for; written under this
    private boolean dead; // guarded by this
    private final ReentrantLock scattering = new ReentrantLock();
    private final Set<ScatteredFrame> values = new HashSet<>(); // that it has; guarded by scattering
    private volatile boolean grown;
    private volatile boolean retired;
    private volatile long idleSince = System.nanoTime();

    Worker(WorkerLink link, WorkerPool pool, int cpus) {
        this.link = link;
        this.pool = pool;
        this.cpus = cpus;
        this.format = pool.format();
    }

    /** Welcomes it; complete when its initializer has run. */
    CompletableFuture<Worker> begin() {
        Background.start("heddle-worker-" + link.name(), this::readAll);
        PoolSettings settings = pool.settings();
        long most = settings.source().startTimeout().toNanos();
        var late = Background.CLOCK.schedule(this::isLate, most, TimeUnit.NANOSECONDS);
        var _ = ready.whenComplete((_, _) -> late.cancel(false));
        Runnable initializer = settings.initializer();
        try {
            FrameOutput welcome = new FrameOutput(FrameType.WELCOME);
            welcome.putInt(PROTOCOL)
                    .putString(format.codec().name())
                    .putString(settings.serialFilter())
                    .putInt(link.environmentLimit())
                    .putLong(settings.growthLimitBytes())
                    .putInt(pool.firstLoaderNumber())
                    .write(initializer == null ? 0 : 1);
            if (initializer != null) {
                ValueWriter values = new ValueWriter(welcome, format);
                values.write(initializer);
                values.finish();
            }
            link.write(welcome);
        } catch (Throwable e) { // user code serialises the initializer
            ready.completeExceptionally(new BrokenPoolException(
                    "The initializer could not be sent to a " + kind() + ": "
                            + Unsendable.describe(initializer == null ? "null" : initializer, e),
                    e));
            link.kill();
        }
        return ready;
    }

    private void isLate() {
        if (ready.completeExceptionally(new BrokenPoolException("A " + kind() + " was not ready within "
                + pool.settings().source().startTimeout()
                + ", its initializer included: raise startTimeout, or see what the initializer does"))) {
            link.kill();
        }
    }

    private String kind() {
        return pool.settings().source().workerKind();
    }

    long pid() {
        return link.pid();
    }

    int environmentLimit() {
        return link.environmentLimit();
    }

    boolean isFit(WorkerPool.Place place) {
        return pool.settings().source().isFit(link, place.innerMaxNumThreads(), place.explicit(), place.cpus());
    }

    /** The CPUs that it was started for. */
    int cpus() {
        return cpus;
    }

    /** Of its share of a call's CPUs as many as it has. */
    int cpus(int share) {
        return link.cpus(share);
    }

    boolean isUsable() {
        return !grown && !retired && link.isAlive();
    }

    boolean hasGrown() {
        return grown;
    }

    long idleNanos() {
        return System.nanoTime() - idleSince;
    }

    int neighbours() {
        return link.neighbours();
    }

    CompletableFuture<Boolean> work(WorkerPool.Place place) {
        return link.work(place.innerMaxNumThreads(), place.explicit(), place.cpus());
    }

    void rest() {
        link.rest();
    }

    void becomesIdle() {
        idleSince = System.nanoTime();
    }

    /** Says whom it works for. False if it is dead: nobody will be told so. */
    synchronized boolean worksFor(@Nullable Lane next) {
        lane = next;
        return !dead;
    }

    private synchronized @Nullable Lane dies() {
        dead = true;
        return lane;
    }

    /**
     * Sends it frames, one after the other. That it died meanwhile is told by {@link Lane#workerDied}, not here.
     *
     * @throws io.heddle.processes.wire.FrameTooLargeException if a frame is too large; nothing was sent
     */
    void send(FrameOutput... frames) {
        try {
            link.write(frames);
        } catch (IOException | OutOfMemoryError e) { // nobody knows how much of it was sent
            link.kill(); // whoever reads sees the end
        }
    }

    /** Sends it those of some scattered values that it has not got. */
    void bring(Collection<ScatteredFrame> needed) {
        if (needed.isEmpty()) {
            return;
        }
        scattering.lock();
        try {
            for (ScatteredFrame each : needed) {
                if (!values.contains(each) && each.mayGoTo(this)) {
                    bring(each);
                }
            }
        } catch (IOException e) {
            link.kill(); // whoever reads sees the end
        } finally {
            scattering.unlock();
        }
    }

    private void bring(ScatteredFrame value) throws IOException {
        boolean sent = false;
        try {
            link.write(value);
            sent = values.add(value);
        } finally {
            if (!sent) { // no memory to write it, for instance: the next task that refers to it brings it
                value.lostWith(this);
            }
        }
    }

    /** No task of its refers to a value any more. */
    void free(ScatteredFrame value) {
        scattering.lock(); // else it might overtake the value
        try {
            if (values.remove(value) && link.isAlive()) {
                send(new FrameOutput(FrameType.FREE).putLong(value.number()));
            }
        } finally {
            scattering.unlock();
        }
    }

    private void forgetValues() {
        scattering.lock();
        try {
            values.forEach(each -> each.lostWith(this));
            values.clear();
        } finally {
            scattering.unlock();
        }
    }

    void kill() {
        link.kill();
    }

    /** Lets it end by itself, and sees to it that it does. */
    void retire() {
        retired = true;
        Background.run(() -> send(new FrameOutput(FrameType.EXIT)));
        var late = Background.CLOCK.schedule(link::kill, EXIT_GRACE_MILLIS, TimeUnit.MILLISECONDS);
        var _ = link.onExit().whenComplete((_, _) -> late.cancel(false));
    }

    /** How it died; waits some milliseconds for the operating system to know. */
    TerminatedWorkerException death(String during) {
        return link.death(during);
    }

    private void readAll() {
        Throwable broken = null;
        try {
            while (true) {
                handle(link.read());
            }
        } catch (ProtocolException e) {
            broken = e;
        } catch (IOException e) {
            // the worker's end; what it was is asked by whom it concerns
        } catch (Throwable e) { // a listener's Error, no memory
            broken = e;
        }
        if (broken != null) {
            LOGGER.log(
                    Level.WARNING,
                    "The " + kind() + " " + link.name() + " is ended: its connection is of no use any more",
                    broken);
        }
        if (broken == null) {
            link.end(); // it ends by itself, or was killed by others
        } else {
            link.kill();
        }
        pool.died(this);
        if (!ready.isDone()) {
            TerminatedWorkerException death = link.death("starting");
            ready.completeExceptionally(new BrokenPoolException(
                    "A " + kind() + " ended before it was ready: " + death.getMessage(), death));
        }
        Lane served = dies();
        if (served != null) {
            served.workerDied(this, broken);
        }
        forgetValues();
    }

    private void handle(FrameInput frame) throws IOException {
        switch (frame.type()) {
            case STARTED, RESULTS, FAILED, UNREADABLE, CALL_ENDED -> {
                Lane served = lane;
                if (served != null) {
                    served.handle(this, frame);
                }
            }
            case READY -> ready.complete(this);
            case INITIALIZER_FAILED -> {
                Throwable failure = Failures.read(frame, format, pool.initializerLoader());
                ready.completeExceptionally(new BrokenPoolException(
                        "The initializer of a " + kind() + " threw " + Bounded.failure(failure)
                                + ": no task can run before it succeeds",
                        failure));
            }
            case CLASS_WANTED ->
                send(CallerClasses.answer(frame, pool.settings().source().workersHaveClassPath()));
            case LOG -> WorkerLog.log(link.name(), frame);
            case GROWN -> {
                grown = true;
                pool.grew(this);
                LOGGER.log(
                        Level.DEBUG,
                        "The {0} {1} has grown from {2} to {3} bytes and is replaced",
                        kind(),
                        link.name(),
                        frame.getLong(),
                        frame.getLong());
            }
            case INFO -> pool.informed(frame);
            default -> throw new ProtocolException("a " + frame.type() + " frame, which only a parent sends");
        }
    }
}
