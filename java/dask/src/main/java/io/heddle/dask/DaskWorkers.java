package io.heddle.dask;

import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.pool.Pace;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.pool.WorkerSource;
import java.time.Duration;

/**
 * Worker JVMs beside the workers of a Dask cluster. Equal if the settings are. Thread-safe.
 *
 * @param settings which cluster and how
 */
record DaskWorkers(DaskSettings settings) implements WorkerSource {
    /** The way there and back takes about 0.7 ms on one machine, and some more between two. */
    private static final Pace PACE = new Pace(50_000_000, 25_000_000, 16);

    private static final int PRIORITY_OF_A_LEVEL = 10;

    @Override
    public WorkerLink launch(int innerMaxNumThreads, boolean explicit, int cpus) {
        int depth = Outer.depth(System.getenv());
        if (depth >= Outer.MOST_DEPTH) {
            throw new BrokenPoolException(
                    "This process is itself a worker, " + depth + " deep, and at most " + Outer.MOST_DEPTH
                            + " are allowed. Run the inner calls on another backend, for instance \"threads\" or \"sequential\"");
        }
        DaskLane lane = Sidecars.of(settings).open(innerMaxNumThreads, explicit, cpus, priority());
        lane.checkRoom(innerMaxNumThreads, explicit);
        return lane;
    }

    /** Calls of tasks go first: others wait for them. */
    static int priority() {
        return PRIORITY_OF_A_LEVEL * Outer.depth(System.getenv());
    }

    /** The slots of its Dask worker that a worker JVM occupies, if that has as many. */
    static int slots(int innerMaxNumThreads, boolean explicit, int cpus) {
        return explicit ? Math.max(innerMaxNumThreads, 1) : cpus;
    }

    @Override
    public Pace pace() {
        return PACE;
    }

    @Override
    public int maxFrameBytes() {
        return settings.maxFrameBytes();
    }

    @Override
    public Duration startTimeout() {
        return settings.startTimeout();
    }

    @Override
    public boolean workersHaveClassPath() {
        return false;
    }

    @Override
    public String workerKind() {
        return "Dask worker JVM";
    }

    @Override
    public void close() {
        Sidecars.leave(settings);
    }
}
