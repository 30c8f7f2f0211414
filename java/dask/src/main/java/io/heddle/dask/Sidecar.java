package io.heddle.dask;

import io.heddle.processes.launch.Rendezvous;
import io.heddle.processes.pool.NoRoomException;
import io.heddle.processes.wire.Connection;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/*
 *   this program ──standard input and output: messages──▶ sidecar (Python) ──▶ scheduler, Dask workers
 *                ◀══ a Unix socket for each lane: frames ══▶            ◀══▶ worker JVM
 *
 * It ends when its standard input does, so that it ends with this program, however that ends.
 */
/** The Python process that is this program's client of a Dask cluster; one for backends of equal settings. Thread-safe. */
final class Sidecar {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.dask");
    private static final Map<DaskSettings, CompletableFuture<Sidecar>> RUNNING = new HashMap<>(); // guarded by itself
    private static final AtomicLong NUMBERS = new AtomicLong();
    private static final Duration LEAVE_TIME = Duration.ofSeconds(15);

    private final DaskSettings settings;
    private final Process process;
    private final DataOutputStream out; // guarded by itself
    private final SidecarErrors errors;
    private final Map<String, CompletableFuture<DaskLane>> opening = new ConcurrentHashMap<>();
    private final Map<String, DaskLane> lanes = new ConcurrentHashMap<>();
    private final CompletableFuture<Message> ready = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>(); // why
    private volatile String address = "";
    private volatile long pid;
    private volatile boolean leaving;
    private int slots; // guarded by this
    private int calls; // guarded by this
    private boolean unwanted; // it leaves when no call runs; guarded by this

    private Sidecar(DaskSettings settings) {
        this.settings = settings;
        try {
            process = new ProcessBuilder(settings.python(), "-c", PythonPackage.bootstrap()).start();
        } catch (IOException e) {
            throw new DaskException(
                    "The sidecar of the backend dask cannot be started: " + e.getMessage() + ". "
                            + PythonPackage.ADVICE,
                    e);
        }
        out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), 1 << 16));
        errors = SidecarErrors.start(process.getErrorStream());
        Thread.ofPlatform()
                .daemon()
                .name("heddle-dask-" + process.pid())
                .inheritInheritableThreadLocals(false)
                .start(this::readAll);
    }

    /**
     * The one for some settings; started, connected with its cluster, and waited for, if there is none. An interrupt does not end that.
     *
     * @throws DaskException if the cluster cannot be used
     */
    static Sidecar of(DaskSettings settings) {
        CompletableFuture<Sidecar> mine = null;
        CompletableFuture<Sidecar> found;
        synchronized (RUNNING) {
            found = RUNNING.get(settings);
            if (found == null) {
                mine = new CompletableFuture<>();
                found = mine;
                RUNNING.put(settings, mine);
            }
        }
        if (mine != null) {
            start(settings, mine);
        }
        try {
            return found.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof DaskException failure
                    ? new DaskException(String.valueOf(failure.getMessage()), failure)
                    : new DaskException("The sidecar of the backend dask failed: " + e.getCause(), e);
        }
    }

    private static void start(DaskSettings settings, CompletableFuture<Sidecar> to) {
        Sidecar made = null;
        try {
            made = new Sidecar(settings);
            made.begin();
            to.complete(made);
            var _ = made.ended.thenRun(() -> forget(settings, to));
        } catch (RuntimeException | Error e) {
            forget(settings, to);
            if (made != null) {
                made.leave();
            }
            to.completeExceptionally(e);
        }
    }

    private static void forget(DaskSettings settings, CompletableFuture<Sidecar> which) {
        synchronized (RUNNING) {
            RUNNING.remove(settings, which);
        }
    }

    private void begin() {
        long most = 2 * settings.startTimeout().toMillis() + LEAVE_TIME.toMillis();
        CompletableFuture<Message> first = ready.copy().orTimeout(most, TimeUnit.MILLISECONDS);
        var _ = first.whenComplete((_, late) -> {
            if (late != null) {
                process.destroyForcibly(); // a write that waits for it ends, too
            }
        });
        send();
        Message told;
        try {
            told = first.join();
        } catch (CompletionException e) {
            throw new DaskException(
                    "The sidecar of the backend dask (" + settings.python() + ") had not joined the cluster after "
                            + most / 1000 + " s: raise startTimeout" + errors.told(),
                    e);
        }
        if (!told.kind().equals("ready")) {
            String why = told.text(1);
            throw new DaskException(why.contains("cannot import") ? why + ". " + PythonPackage.ADVICE : why);
        }
        address = told.text(1);
        pid = Long.parseLong(told.text(2));
        slots(told.number(3));
    }

    private void send() {
        try {
            PythonPackage.send(out);
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "The sidecar does not read", e); // why, it says itself
        }
        for (Shipment.Jar jar : Shipment.JARS) {
            tell(jar.message());
        }
        for (String option : Shipment.jvmOptions(settings.jvmOptions())) {
            tell("option", option);
        }
        Shipment.variables(settings.environment()).forEach((name, value) -> tell("variable", name, value));
        tell(settings.start());
    }

    // messages

    void tell(String... texts) {
        tell(Message.of(texts));
    }

    private void tell(Message message) {
        synchronized (out) {
            if (leaving || ended.isDone()) {
                return; // nobody is there to obey
            }
            try {
                message.write(out);
                out.flush();
            } catch (IOException e) {
                LOGGER.log(Level.DEBUG, "The sidecar does not read", e); // its end is seen by who reads
            }
        }
    }

    private void readAll() {
        String why = "Heddle's sidecar (" + settings.python() + ", process " + process.pid() + ") has ended";
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(process.getInputStream(), 1 << 16))) {
            while (true) {
                Message message = Message.read(in);
                if (message.kind().equals("broken")) {
                    why = message.text(1);
                } else {
                    handle(message);
                }
            }
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "The sidecar has ended", e);
        } catch (RuntimeException e) {
            LOGGER.log(Level.WARNING, "The sidecar of the backend dask is ended: what it says is not understood", e);
            process.destroyForcibly();
        }
        end(why);
    }

    private void handle(Message message) {
        switch (message.kind()) {
            case "ready", "unusable" -> ready.complete(message);
            case "slots" -> slots(message.number(1));
            case "opened" -> opened(message);
            case "failed" -> failed(message);
            default -> {
                DaskLane lane = lanes.get(message.text(1));
                if (lane != null) {
                    lane.handle(message);
                }
            }
        }
    }

    private void end(String why) {
        String words = leaving ? "its backend was closed" : why;
        ended.complete(words);
        synchronized (this) {
            notifyAll();
        }
        ready.complete(Message.of("unusable", why + errors.told()));
        opening.values()
                .forEach(each -> each.completeExceptionally(new DaskException(
                        "No worker JVM was started on the Dask cluster at " + address + ": " + words)));
        lanes.values().forEach(lane -> lane.lost(words));
    }

    // the cluster

    private synchronized void slots(int number) {
        slots = number;
        notifyAll();
    }

    /**
     * The slots of all Dask workers; waits for one.
     *
     * @throws DaskException if there is none in time
     */
    synchronized int slots() {
        long until = System.nanoTime() + settings.startTimeout().toNanos();
        boolean interrupted = false;
        try {
            while (slots == 0 && !ended.isDone()) {
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0) {
                    throw new DaskException(
                            "The Dask cluster at " + address + " has had no worker for " + settings.startTimeout()
                                    + ": start some (dask worker " + address + "), or raise startTimeout");
                }
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return Math.max(slots, 1);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * A worker JVM, connected. An interrupt does not end it.
     *
     * @throws DaskException if none starts; nothing is left of it
     * @throws NoRoomException if all slots are taken
     */
    DaskLane open(int innerMaxNumThreads, boolean explicit, int cpus, int priority) {
        String name = Long.toString(NUMBERS.incrementAndGet());
        CompletableFuture<DaskLane> opened = new CompletableFuture<>();
        opening.put(name, opened);
        DaskLane lane;
        try {
            tell(
                    "open",
                    name,
                    Integer.toString(innerMaxNumThreads),
                    Boolean.toString(explicit),
                    Integer.toString(cpus),
                    Integer.toString(DaskWorkers.slots(innerMaxNumThreads, explicit, cpus)),
                    Integer.toString(priority));
            if (ended.isDone()) {
                throw new DaskException(
                        "No worker JVM was started on the Dask cluster at " + address + ": " + ended.join());
            }
            lane = opened.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        } finally {
            opening.remove(name);
        }
        boolean connected = false;
        try {
            lane.connect(connect(name));
            connected = true;
            return lane;
        } catch (IOException e) {
            throw new DaskException(
                    "The sidecar of the backend dask cannot be connected with: " + e.getMessage()
                            + ". See that files can be made in the folder for temporary ones",
                    e);
        } finally {
            if (!connected) {
                lane.kill();
            }
        }
    }

    private Connection connect(String name) throws IOException {
        try (Rendezvous meeting = Rendezvous.open()) {
            meeting.listen();
            var _ = ended.thenRun(meeting::wakeUp);
            tell("join", name, meeting.socket().toString(), meeting.secret());
            SocketChannel channel = meeting.await(pid, () -> !ended.isDone(), settings.startTimeout());
            if (channel == null) {
                throw new IOException(
                        ended.isDone() ? ended.join() : "it did not come within " + settings.startTimeout());
            }
            return new Connection(channel, settings.maxFrameBytes());
        }
    }

    private void opened(Message message) {
        DaskLane lane = new DaskLane(this, message);
        CompletableFuture<DaskLane> waiting = opening.get(message.text(1));
        lanes.put(message.text(1), lane);
        if (waiting == null || !waiting.complete(lane)) {
            lane.kill();
        }
    }

    private void failed(Message message) {
        CompletableFuture<DaskLane> waiting = opening.get(message.text(1));
        if (waiting == null) {
            return;
        }
        String worker = message.text(3);
        String text = "A worker JVM did not start "
                + (worker.isEmpty() ? "on the Dask cluster at " + address : "beside the Dask worker " + worker) + ": "
                + message.text(4);
        waiting.completeExceptionally(
                message.text(2).equals("room") ? new NoRoomException(text) : new DaskException(text));
    }

    void over(DaskLane lane) {
        lanes.values().remove(lane);
    }

    boolean hasEnded() {
        return ended.isDone();
    }

    // calls

    /** A call begins. If its caller is a task with a slot of this cluster, that slot is free until all such calls have ended. */
    void callBegins() {
        synchronized (this) {
            if (calls++ > 0) {
                return;
            }
            unwanted = false;
        }
        Outer.OWN.filter(this::isSameCluster).ifPresent(outer -> tell("outer", outer.lane(), "rest"));
    }

    /** A call has ended. */
    void callEnds() {
        synchronized (this) {
            if (--calls > 0) {
                return;
            }
        }
        Outer.OWN.filter(this::isSameCluster).ifPresent(outer -> tell("outer", outer.lane(), "work"));
        leaveIfUnwanted();
    }

    private boolean isSameCluster(Outer outer) {
        return outer.schedulerAddress().equals(address);
    }

    // the end

    /** Ends the one of some settings, and its session, as soon as no call runs. Does not wait. */
    static void leave(DaskSettings settings) {
        Sidecar found = running(settings);
        if (found != null) {
            synchronized (found) {
                found.unwanted = true;
            }
            found.leaveIfUnwanted();
        }
    }

    private void leaveIfUnwanted() {
        synchronized (RUNNING) {
            synchronized (this) {
                if (!unwanted || calls > 0 || leaving) {
                    return;
                }
                leaving = true;
            }
            CompletableFuture<Sidecar> mine = RUNNING.get(settings);
            if (mine != null && mine.isDone() && !mine.isCompletedExceptionally() && equals(mine.join())) {
                RUNNING.remove(settings);
            }
        }
        leave();
    }

    /** Waits until a sidecar that was told to leave has ended. */
    static void awaitLeft(@Nullable Sidecar left) {
        if (left != null && left.leaving) {
            try {
                left.ended.get(LEAVE_TIME.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                LOGGER.log(Level.DEBUG, "The sidecar has not ended", e);
            }
        }
    }

    /** The one of some settings, if there is one. */
    static @Nullable Sidecar running(DaskSettings settings) {
        synchronized (RUNNING) {
            CompletableFuture<Sidecar> found = RUNNING.get(settings);
            return found == null || !found.isDone() || found.isCompletedExceptionally() ? null : found.join();
        }
    }

    private void leave() {
        leaving = true;
        Thread.ofPlatform()
                .daemon()
                .name("heddle-dask-end")
                .inheritInheritableThreadLocals(false)
                .start(() -> {
                    synchronized (out) {
                        try {
                            out.close();
                        } catch (IOException e) {
                            LOGGER.log(Level.DEBUG, "The sidecar does not read", e);
                        }
                    }
                    try {
                        if (!process.waitFor(LEAVE_TIME.toMillis(), TimeUnit.MILLISECONDS)) {
                            process.destroyForcibly();
                        }
                    } catch (InterruptedException e) {
                        process.destroyForcibly();
                    }
                });
    }

    /** The worker JVMs beside a Dask worker that calls use. */
    int working(String address) {
        int count = 0;
        for (DaskLane lane : lanes.values()) {
            count += lane.worksAt(address) ? 1 : 0;
        }
        return count;
    }

    /** The process numbers of the worker JVMs, on their machines. */
    List<Long> pids() {
        return lanes.values().stream().map(DaskLane::pid).sorted().toList();
    }
}
