package io.heddle.dask;

import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.launch.Death;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.wire.Connection;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A worker JVM beside a Dask worker. While a call uses it, Dask tasks occupy slots there. Thread-safe. */
final class DaskLane implements WorkerLink {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.dask");
    private static final long MOST_DYING_SECONDS = 15;
    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    private final Sidecar sidecar;
    private final String number;
    private final String address;
    private final long pid;
    private final int environmentLimit;
    private final Room room;
    private final OutputLines output;
    private final OutputLines errors;
    private final CompletableFuture<Ended> ended = new CompletableFuture<>();
    private volatile @Nullable Connection connection;
    private volatile @Nullable CompletableFuture<Boolean> working;
    private volatile boolean killed;
    private volatile boolean works = true; // it is launched for a call

    /** How it ended: by a status, or as its connection was lost for a reason. */
    private record Ended(
            int status,
            String tail,
            String report,
            String reportText,
            @Nullable String lost) {}

    DaskLane(Sidecar sidecar, Message opened) {
        this.sidecar = sidecar;
        this.number = opened.text(1);
        this.address = opened.text(2);
        this.pid = Long.parseLong(opened.text(3));
        this.environmentLimit = opened.number(4);
        this.room = new Room(opened.number(6), opened.number(7), opened.number(8));
        String label = "[worker " + pid + " on " + opened.text(5) + "] ";
        this.output = new OutputLines(label, () -> System.out);
        this.errors = new OutputLines(label, () -> System.err);
    }

    void connect(Connection to) {
        connection = to;
    }

    /** Says once where the user wants more threads than there are. */
    void checkRoom(int innerMaxNumThreads, boolean explicit) {
        if (explicit && innerMaxNumThreads > room.slots() && TOLD.add(innerMaxNumThreads + "/" + room.slots())) {
            LOGGER.log(
                    Level.WARNING,
                    "innerMaxNumThreads = {0} is more than the {1} threads of the Dask worker {2}: what was said is done, and may oversubscribe"
                            + " its machine. Leave it out, or start Dask workers with as many threads (--nthreads {0})",
                    innerMaxNumThreads,
                    room.slots(),
                    address);
        }
    }

    /** Of the sidecar's reader alone. */
    void handle(Message message) {
        switch (message.kind()) {
            case "output" ->
                (message.number(2) == 1 ? output : errors).add(message.fields().get(3));
            case "working" -> worksAgain(true);
            case "stuck" -> worksAgain(false);
            case "ended" -> end(new Ended(message.number(2), message.text(3), message.text(4), message.text(5), null));
            case "lost" ->
                lost("the connection to the Dask worker " + address + " was lost (" + message.text(2)
                        + "): it has ended, or was killed, or its machine cannot be reached any more");
            default -> LOGGER.log(Level.WARNING, "The sidecar says {0}, which is not known here", message.kind());
        }
    }

    /** Nothing more is heard of it. */
    void lost(String why) {
        end(new Ended(0, "", "", "", why));
    }

    private void end(Ended how) {
        output.end();
        errors.end();
        ended.complete(how);
        worksAgain(false);
        sidecar.lanes().over(this);
        close(); // who reads sees the end, also where the sidecar cannot close its side
    }

    private void close() {
        Connection open = connection;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOGGER.log(Level.DEBUG, "A connection is not closed properly", e);
            }
        }
    }

    @Override
    public int neighbours() {
        return sidecar.lanes().working(address);
    }

    boolean worksAt(String where) {
        return works && address.equals(where);
    }

    @Override
    public CompletableFuture<Boolean> work(int innerMaxNumThreads, boolean explicit, int cpus) {
        works = true;
        checkRoom(innerMaxNumThreads, explicit);
        CompletableFuture<Boolean> mine = new CompletableFuture<>();
        working = mine;
        if (ended.isDone() || sidecar.hasEnded()) {
            mine.complete(false);
        } else {
            int slots = DaskWorkers.slots(innerMaxNumThreads, explicit, cpus);
            sidecar.tell("work", number, Integer.toString(slots), Integer.toString(DaskWorkers.priority()));
        }
        return mine;
    }

    private void worksAgain(boolean may) {
        CompletableFuture<Boolean> asked = working;
        if (asked != null) {
            asked.completeAsync(() -> may); // what depends on it runs user code
        }
    }

    @Override
    public void rest() {
        works = false;
        sidecar.tell("rest", number);
    }

    @Override
    public String name() {
        return pid + " on " + address;
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public int environmentLimit() {
        return environmentLimit;
    }

    @Override
    public int cpus(int share) {
        return room.cpus(share);
    }

    @Override
    public boolean isAlive() {
        return !ended.isDone();
    }

    @Override
    public FrameInput read() throws IOException {
        return connected().read();
    }

    @Override
    public void write(FrameOutput... frames) throws IOException {
        connected().write(frames);
    }

    private Connection connected() throws IOException {
        Connection open = connection;
        if (open == null) {
            throw new IOException("not connected");
        }
        return open;
    }

    @Override
    public void kill() {
        if (isAlive()) {
            killed = true;
        }
        end();
    }

    @Override
    public void end() {
        sidecar.tell("kill", number);
        close();
    }

    @Override
    public CompletableFuture<?> onExit() {
        return ended.copy();
    }

    @Override
    public TerminatedWorkerException death(String during) {
        Ended how = awaitEnd();
        String who = "Dask worker JVM " + name();
        if (how == null || how.lost() != null) {
            String why = how == null ? "it does not say how it ended" : how.lost();
            return new TerminatedWorkerException(who + " was lost while " + during + ": " + why, pid, null, null, null);
        }
        if (killed && how.status() == 137) {
            return new Death("Heddle ended it", null, "SIGKILL", null).exception(who, pid, during, how.tail());
        }
        return Death.elsewhere(how.status(), how.report(), how.reportText()).exception(who, pid, during, how.tail());
    }

    private @Nullable Ended awaitEnd() {
        return ended.copy()
                .completeOnTimeout(null, MOST_DYING_SECONDS, TimeUnit.SECONDS)
                .join();
    }
}
