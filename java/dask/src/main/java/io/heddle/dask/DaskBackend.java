package io.heddle.dask;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.Work;
import io.heddle.processes.WorkerBuilder;
import io.heddle.processes.pool.PoolSettings;
import io.heddle.processes.pool.ProcessCall;
import io.heddle.processes.pool.WorkerPool;
import io.heddle.processes.setting.OptionValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.BiConsumer;

/**
 * Tasks on a Dask cluster, in worker JVMs that Heddle starts beside its workers. By name it is {@code dask}.
 *
 * <pre>{@code
 * try (var scope = ParallelConfig.backend("dask").option("schedulerAddress", "tcp://10.0.0.1:8786").open()) {
 *     library.fit(X, y);
 * }
 * }</pre>
 *
 * <p><b>Which cluster.</b> That of {@link Builder#schedulerAddress}, else of the variable {@code DASK_SCHEDULER_ADDRESS} or of Dask's own
 * configuration ({@code scheduler-address}). Where none of these names one, a local cluster is started on this machine, which ends with this
 * program, with {@link #close}, or when nobody has used it for the idle limit.
 *
 * <p><b>What it needs.</b> Here: a Python with the package {@code distributed} in the version that the cluster has. It runs the
 * <em>sidecar</em>, a process that is this program's client of the cluster. On each machine of a Dask worker: JDK 25 or newer. Heddle's own
 * classes are sent there once, the user's are asked for from this program when a worker JVM needs them; native libraries and files have to
 * be there.
 *
 * <p><b>Start.</b> A program's first call takes about 0.75 s more on a cluster that runs, and 1.1 s with a local one: Python and its import of
 * {@code distributed} 0.35 s, a local cluster 0.4 s, Heddle's classes for all Dask workers 0.02 s, a worker JVM until its first result 0.26 s.
 * Worker JVMs have no AOT cache as those of {@code processes}: it would save 0.05 s, and leave files on every machine.
 *
 * <p><b>Load.</b> A worker JVM that a call uses occupies slots (threads) of a Dask worker, by Dask tasks that last as long as that: the
 * scheduler chooses where, and other users of the cluster see the load. They are as many as an explicit {@code innerMaxNumThreads}, else the
 * worker's share of the call's CPUs, but no more than that Dask worker has; a worker JVM begins with those that it gets within a second, and
 * takes the others as they become free. A JVM without a call gives them back and is kept for the idle limit. {@code -1} jobs are all slots of
 * the cluster, which may grow and shrink. If others have all slots, a call waits for the start timeout; one that has some goes on with those,
 * and takes more as they become free.
 *
 * <p><b>Inner limit.</b> As with worker processes ({@link io.heddle.processes.ProcessesBackend}): a value of {@link Builder#environment}
 * goes first, then an explicit {@code innerMaxNumThreads}, then the Dask worker's own variable unless its nanny set it by itself, then the
 * worker's share of the call's slots. A share is cut to what there is where the worker JVM runs: no more than its Dask worker has threads,
 * and where all Dask workers of a machine have more threads than that has CPUs, the same part of the CPUs. An explicit
 * {@code innerMaxNumThreads} is done as it was said, also where a Dask worker has fewer threads; then the log warns once, as the slots that the
 * worker JVM occupies are not as many. To keep within the machine leave it out, or start Dask workers with as many threads.
 *
 * <p><b>Nesting.</b> Calls that a task makes run on threads in its worker JVM. One that names this backend runs on the cluster; while it
 * does, the task's own slots are free, so that tasks within tasks come to an end however few slots there are.
 *
 * <p><b>Faults.</b> A worker JVM that dies, or whose Dask worker is lost, fails the tasks that it had by a
 * {@link io.heddle.processes.failure.TerminatedWorkerException}; with {@code retries}, or where outcomes are collected, they are run again
 * elsewhere. When the scheduler is lost, so are all its workers. When this program ends, however it does, the sidecar and the worker JVMs end
 * too.
 *
 * <p>Instances with equal settings share sidecar and workers. Thread-safe.
 */
public final class DaskBackend implements Backend, AutoCloseable {
    static final String NAME = "dask";
    private static final long GROWTH_BYTES = 300L << 20; // as worker processes have it
    private static final Duration DEFAULT_IDLE_LIMIT = Duration.ofMinutes(5);

    private final DaskSettings settings;
    private final PoolSettings pool;

    private DaskBackend(DaskSettings settings, PoolSettings pool) {
        this.settings = settings;
        this.pool = pool;
    }

    /**
     * To say which cluster, and more.
     *
     * @return a builder with the usual settings
     */
    public static Builder builder() {
        return new Builder();
    }

    DaskSettings settings() {
        return settings;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean sharesMemory() {
        return false;
    }

    @Override
    public boolean holdsInnerLimit() {
        return true;
    }

    @Override
    public boolean holdsTimeLimit() {
        return true;
    }

    /**
     * The slots of the cluster: the sum of its workers' threads. Starts the sidecar; waits for a worker.
     *
     * @throws DaskException if the cluster cannot be used
     */
    @Override
    public OptionalInt cpus() {
        return OptionalInt.of(slots());
    }

    /**
     * No more than the cluster has slots. Starts the sidecar; waits for a worker.
     *
     * @throws DaskException if the cluster cannot be used
     */
    @Override
    public int effectiveJobs(int jobs) {
        return Math.min(jobs, slots());
    }

    private int slots() {
        int slots = Sidecars.of(settings).slots();
        WorkerPool.shared(pool)
                .touch(); // it ends the sidecar when nobody has used it for long, also where no call follows
        return slots;
    }

    @Override
    public Execution start(Work work, CallSettings call) {
        return ProcessCall.start(CountedWork.of(work, settings), call, WorkerPool.shared(pool), false);
    }

    /**
     * Ends the worker JVMs, the sidecar and a local cluster, and waits for that, some seconds at most; what a running call uses ends with the
     * call. They are shared with every backend of equal settings; a later call starts new ones.
     */
    @Override
    public void close() {
        Sidecar running = Sidecars.running(settings);
        WorkerPool.shared(pool).close();
        Sidecars.leave(settings);
        Sidecars.awaitLeft(running);
    }

    /** Says which cluster, and what its workers are to be like. Not thread-safe. */
    public static final class Builder extends WorkerBuilder<Builder> {
        private String schedulerAddress = "";
        private int workers;
        private int threadsPerWorker;
        private String python = "";
        private String javaHome = "";
        private String tlsCaFile = "";
        private String tlsCertFile = "";
        private String tlsKeyFile = "";

        private Builder() {
            super(DEFAULT_IDLE_LIMIT);
        }

        @Override
        protected Builder self() {
            return this;
        }

        static Map<String, BiConsumer<Builder, OptionValue>> common() {
            return options();
        }

        /**
         * {@inheritDoc}
         *
         * @param options for instance {@code -Xmx4g}; without a heap size it is 0.6 of the slot's share of the Dask worker's memory limit
         */
        @Override
        public Builder jvmOptions(String... options) {
            return super.jvmOptions(options);
        }

        /**
         * How long the cluster may take to answer and to have a worker, a call to get its first slot, and a worker JVM to start.
         *
         * @param timeout above 0; 60 s without it, for each of those
         */
        @Override
        public Builder startTimeout(Duration timeout) {
            return super.startTimeout(timeout);
        }

        /**
         * How long a worker JVM without a call is kept, and the sidecar without a worker JVM.
         *
         * @param limit above 0; 300 s without it
         */
        @Override
        public Builder idleLimit(Duration limit) {
            return super.idleLimit(limit);
        }

        /**
         * The cluster to join.
         *
         * @param address for instance {@code tcp://10.0.0.1:8786}, or {@code tls://…} where it wants TLS
         * @return this
         * @throws IllegalArgumentException if it is blank
         */
        public Builder schedulerAddress(String address) {
            schedulerAddress = named("schedulerAddress", address);
            return this;
        }

        /**
         * The Dask workers of a local cluster.
         *
         * @param number at least 1; Dask's choice without it
         * @return this
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder workers(int number) {
            workers = positive("workers", number);
            return this;
        }

        /**
         * The slots of each worker of a local cluster.
         *
         * @param number at least 1; Dask's choice without it
         * @return this
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder threadsPerWorker(int number) {
            threadsPerWorker = positive("threadsPerWorker", number);
            return this;
        }

        /**
         * The program that runs the sidecar: a Python with the package {@code distributed}.
         *
         * @param program a path or a name; without it the variable {@code HEDDLE_PYTHON}, else {@code python3}
         * @return this
         * @throws IllegalArgumentException if it is blank
         */
        public Builder python(String program) {
            python = named("python", program);
            return this;
        }

        /**
         * The JDK on the machines of the Dask workers.
         *
         * @param folder its folder there; without it that of {@code HEDDLE_JAVA_HOME} or {@code JAVA_HOME} of the Dask worker, else of the
         *     {@code java} in its {@code PATH}
         * @return this
         * @throws IllegalArgumentException if it is blank
         */
        public Builder javaHome(String folder) {
            javaHome = named("javaHome", folder);
            return this;
        }

        /**
         * The certificates by which the cluster's own are checked. Without this, what Dask's own configuration says.
         *
         * @param file a file in PEM format
         * @return this
         */
        public Builder tlsCaFile(Path file) {
            tlsCaFile = file.toAbsolutePath().toString();
            return this;
        }

        /**
         * The certificate that this program shows to the cluster.
         *
         * @param file a file in PEM format
         * @return this
         */
        public Builder tlsCertFile(Path file) {
            tlsCertFile = file.toAbsolutePath().toString();
            return this;
        }

        /**
         * The key of that certificate.
         *
         * @param file a file in PEM format
         * @return this
         */
        public Builder tlsKeyFile(Path file) {
            tlsKeyFile = file.toAbsolutePath().toString();
            return this;
        }

        private static String named(String name, String value) {
            if (value.isBlank()) {
                throw new IllegalArgumentException(name + " is blank: leave it out, or say which");
            }
            return value.strip();
        }

        private static int positive(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " = " + value + ": give 1 or more");
            }
            return value;
        }

        /**
         * The backend. Starts nothing yet.
         *
         * @return a backend, which shares its workers with others of equal settings
         * @throws IllegalArgumentException if a setting is wrong; the message names it
         */
        public DaskBackend build() {
            DaskSettings settings = new DaskSettings(
                    schedulerAddress,
                    workers,
                    threadsPerWorker,
                    python.isEmpty() ? ownPython() : python,
                    javaHome,
                    tlsCaFile,
                    tlsCertFile,
                    tlsKeyFile,
                    jvmOptions(),
                    environment(),
                    maxFrameBytes(),
                    startTimeout());
            return new DaskBackend(settings, pool(new DaskWorkers(settings), GROWTH_BYTES, 0));
        }

        private static String ownPython() {
            String named = System.getenv("HEDDLE_PYTHON");
            return named == null || named.isBlank() ? "python3" : named;
        }
    }
}
