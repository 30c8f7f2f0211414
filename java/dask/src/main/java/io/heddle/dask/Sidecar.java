package io.heddle.dask;

import io.heddle.processes.pool.NoRoomException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/*
 *   this program ──standard input and output: messages──▶ sidecar (Python) ──▶ scheduler, Dask workers
 *                ◀══ a Unix socket for each lane: frames ══▶            ◀══▶ worker JVM
 *
 * It ends when its standard input does, so that it ends with this program, however that ends.
 */
/** This program's session with a Dask cluster, whose client is a Python process. Thread-safe. */
final class Sidecar implements SidecarProcess.Listener {
    private final DaskSettings settings;
    private final Lanes lanes = new Lanes(this);
    private final Slots slots = new Slots();
    private final CompletableFuture<Message> ready = new CompletableFuture<>();
    private final CompletableFuture<String> ended = new CompletableFuture<>(); // why
    private final SidecarProcess process;
    private volatile String address = "";
    private volatile long pid;
    private volatile boolean leaving; // written under this
    private int calls; // guarded by this
    private boolean unwanted; // it leaves when no call runs; guarded by this

    /**
     * Starts one; {@link #begin} has it join its cluster.
     *
     * @throws DaskException if it cannot be started
     */
    Sidecar(DaskSettings settings) {
        this.settings = settings;
        this.process = new SidecarProcess(settings.python());
    }

    /**
     * Waits until it has joined its cluster.
     *
     * @throws DaskException if the cluster cannot be used
     */
    void begin() {
        process.listen(this);
        for (Shipment.Jar jar : Shipment.JARS) {
            process.tell(jar.message());
        }
        for (String option : Shipment.jvmOptions(settings.jvmOptions())) {
            tell("option", option);
        }
        Shipment.variables(settings.environment()).forEach((name, value) -> tell("variable", name, value));
        tell(settings.start());
        long most = 2 * settings.startTimeout().toMillis() + SidecarProcess.LEAVE_TIME.toMillis();
        Message told;
        try {
            told = ready.copy().orTimeout(most, TimeUnit.MILLISECONDS).join();
        } catch (CompletionException e) {
            process.kill();
            throw new DaskException(
                    "The sidecar of the backend dask (" + settings.python() + ") had not joined the cluster after "
                            + most / 1000 + " s: raise startTimeout" + process.lastWords(),
                    e);
        }
        if (!told.kind().equals("ready")) {
            String why = told.text(1);
            throw new DaskException(why.contains("cannot import") ? why + ". " + PythonPackage.ADVICE : why);
        }
        address = told.text(1);
        pid = Long.parseLong(told.text(2));
    }

    void tell(String... texts) {
        if (!leaving) {
            process.tell(texts);
        }
    }

    @Override
    public void told(Message message) {
        switch (message.kind()) {
            case "ready" -> {
                slots.set(message.number(3));
                ready.complete(message);
            }
            case "unusable" -> ready.complete(message);
            case "slots" -> slots.set(message.number(1));
            default -> lanes.handle(message);
        }
    }

    @Override
    public void ended(String why) {
        String words = leaving ? "its backend was closed" : why;
        ended.complete(words);
        slots.wakeUp();
        ready.complete(Message.of("unusable", why + process.lastWords()));
        lanes.lost(words);
    }

    DaskSettings settings() {
        return settings;
    }

    /** The scheduler's. */
    String address() {
        return address;
    }

    /** Its process number. */
    long pid() {
        return pid;
    }

    /** Completed with the reason when it has ended. */
    CompletableFuture<String> end() {
        return ended;
    }

    void onEnd(Runnable then) {
        var _ = ended.thenRun(then);
    }

    boolean hasEnded() {
        return ended.isDone();
    }

    /**
     * The slots of all Dask workers; waits for one.
     *
     * @throws DaskException if there is none in time
     */
    int slots() {
        return slots.await(settings.startTimeout(), this::hasEnded)
                .orElseThrow(() -> new DaskException(
                        "The Dask cluster at " + address + " has had no worker for " + settings.startTimeout()
                                + ": start some (dask worker " + address + "), or raise startTimeout"));
    }

    /**
     * A worker JVM, connected. An interrupt does not end that.
     *
     * @throws DaskException if none starts; nothing is left of it
     * @throws NoRoomException if all slots are taken
     */
    DaskLane open(int innerMaxNumThreads, boolean explicit, int cpus, int priority) {
        return lanes.open(innerMaxNumThreads, explicit, cpus, priority);
    }

    Lanes lanes() {
        return lanes;
    }

    // calls

    /**
     * A call begins. If its caller is a task with a slot of this cluster, that slot is free until all such calls have ended.
     *
     * @return false if it leaves: the call is to have another one
     */
    boolean callBegins() {
        synchronized (this) {
            if (leaving) {
                return false;
            }
            if (calls++ > 0) {
                return true;
            }
            unwanted = false;
        }
        Outer.OWN.filter(this::isSameCluster).ifPresent(outer -> tell("outer", outer.lane(), "rest"));
        return true;
    }

    /** A call has ended. */
    void callEnds() {
        synchronized (this) {
            if (--calls > 0) {
                return;
            }
        }
        Outer.OWN.filter(this::isSameCluster).ifPresent(outer -> tell("outer", outer.lane(), "work"));
        Sidecars.leaveIfUnwanted(this);
    }

    private boolean isSameCluster(Outer outer) {
        return outer.schedulerAddress().equals(address);
    }

    // the end

    /** It is to leave as soon as no call runs. */
    synchronized void isNotWanted() {
        unwanted = true;
    }

    /** Whether it leaves now, which it says once. */
    synchronized boolean decideToLeave() {
        if (!unwanted || calls > 0 || leaving) {
            return false;
        }
        leaving = true;
        return true;
    }

    boolean isLeaving() {
        return leaving;
    }

    /** Ends the session. Does not wait. */
    void leave() {
        synchronized (this) {
            leaving = true;
        }
        process.leave();
    }
}
