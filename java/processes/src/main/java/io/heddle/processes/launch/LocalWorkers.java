package io.heddle.processes.launch;

import io.heddle.backend.BackendUnavailableException;
import io.heddle.processes.pool.Pace;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.pool.WorkerSource;
import java.time.Duration;

/** Worker JVMs on this machine, started by this one. Equal if their settings are. Thread-safe. */
public final class LocalWorkers implements WorkerSource {
    /** Beside 2 ms little is what is paid for a batch: two frames and two wake-ups, about 50 us. */
    static final Pace PACE = new Pace(2_000_000, 1_000_000, 16);

    private final LaunchSettings settings;
    private final Launcher launcher;

    private LocalWorkers(LaunchSettings settings) {
        this.settings = settings;
        this.launcher = Launcher.of(settings);
    }

    /**
     * For some settings. Starts nothing yet.
     *
     * @throws BackendUnavailableException if no worker JVM can be started from this JVM
     */
    public static LocalWorkers of(LaunchSettings settings) {
        return new LocalWorkers(settings);
    }

    @Override
    public WorkerLink launch(int innerMaxNumThreads, boolean explicit, int cpus) {
        return launcher.launch(innerMaxNumThreads, explicit, cpus);
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
        return true;
    }

    @Override
    public String workerKind() {
        return "worker process";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LocalWorkers workers && settings.equals(workers.settings);
    }

    @Override
    public int hashCode() {
        return settings.hashCode();
    }
}
