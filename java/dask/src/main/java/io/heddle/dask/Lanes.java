package io.heddle.dask;

import io.heddle.processes.launch.Rendezvous;
import io.heddle.processes.pool.NoRoomException;
import io.heddle.processes.wire.Connection;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** The worker JVMs of a session, and those that are being started. Thread-safe. */
final class Lanes {
    private static final AtomicLong NUMBERS = new AtomicLong();
    /** Beside the start timeout for a slot and that for the JVM: connecting, and a machine that is slow to say so. */
    private static final Duration ANSWER_TIME = Duration.ofSeconds(60);

    private final Sidecar sidecar;
    private final Map<String, CompletableFuture<DaskLane>> opening = new ConcurrentHashMap<>();
    private final Map<String, DaskLane> open = new ConcurrentHashMap<>();
    private final Set<Rendezvous> meetings = ConcurrentHashMap.newKeySet();

    Lanes(Sidecar sidecar) {
        this.sidecar = sidecar;
    }

    /**
     * A new one, connected. An interrupt does not end that.
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
            sidecar.tell(
                    "open",
                    name,
                    Integer.toString(innerMaxNumThreads),
                    Boolean.toString(explicit),
                    Integer.toString(cpus),
                    Integer.toString(DaskWorkers.slots(innerMaxNumThreads, explicit, cpus)),
                    Integer.toString(priority));
            if (sidecar.hasEnded()) {
                throw notStarted(sidecar.end().join());
            }
            lane = await(opened);
        } finally {
            opening.remove(name);
        }
        return connected(lane, name);
    }

    private DaskLane await(CompletableFuture<DaskLane> opened) {
        Duration most = sidecar.settings().startTimeout().multipliedBy(2).plus(ANSWER_TIME);
        try {
            return opened.orTimeout(most.toMillis(), TimeUnit.MILLISECONDS).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof TimeoutException) {
                throw notStarted("the sidecar has not answered for " + most.toSeconds() + " s");
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    private DaskException notStarted(String why) {
        return new DaskException("No worker JVM was started on the Dask cluster at " + sidecar.address() + ": " + why);
    }

    private DaskLane connected(DaskLane lane, String name) {
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
        Duration most = sidecar.settings().startTimeout();
        try (Rendezvous meeting = Rendezvous.open()) {
            meeting.listen();
            meetings.add(meeting);
            try {
                return connect(name, meeting, most);
            } finally {
                meetings.remove(meeting);
            }
        }
    }

    private Connection connect(String name, Rendezvous meeting, Duration most) throws IOException {
        sidecar.tell("join", name, meeting.socket().toString(), meeting.secret());
        SocketChannel channel = meeting.await(sidecar.pid(), () -> !sidecar.hasEnded(), most);
        if (channel == null) {
            throw new IOException(sidecar.hasEnded() ? sidecar.end().join() : "it did not come within " + most);
        }
        return new Connection(channel, sidecar.settings().maxFrameBytes());
    }

    /** What the sidecar says of one. On its reader. */
    void handle(Message message) {
        switch (message.kind()) {
            case "opened" -> opened(message);
            case "failed" -> failed(message);
            default -> {
                DaskLane lane = open.get(message.text(1));
                if (lane != null) {
                    lane.handle(message);
                }
            }
        }
    }

    private void opened(Message message) {
        DaskLane lane = new DaskLane(sidecar, message);
        CompletableFuture<DaskLane> waiting = opening.get(message.text(1));
        open.put(message.text(1), lane);
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
                + (worker.isEmpty()
                        ? "on the Dask cluster at " + sidecar.address()
                        : "beside the Dask worker " + worker)
                + ": " + message.text(4);
        waiting.completeExceptionally(
                message.text(2).equals("room") ? new NoRoomException(text) : new DaskException(text));
    }

    /** One has ended. */
    void over(DaskLane lane) {
        open.values().remove(lane);
    }

    /** The sidecar has ended, and they with it. */
    void lost(String why) {
        opening.values().forEach(each -> each.completeExceptionally(notStarted(why)));
        meetings.forEach(Rendezvous::wakeUp);
        open.values().forEach(lane -> lane.lost(why));
    }

    /** Those beside a Dask worker that calls use. */
    int working(String address) {
        int count = 0;
        for (DaskLane lane : open.values()) {
            count += lane.worksAt(address) ? 1 : 0;
        }
        return count;
    }

    /** Their process numbers, on their machines. */
    List<Long> pids() {
        return open.values().stream().map(DaskLane::pid).sorted().toList();
    }
}
