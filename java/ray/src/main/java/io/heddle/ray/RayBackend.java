package io.heddle.ray;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.Work;
import io.heddle.processes.WorkerBuilder;
import io.heddle.processes.pool.PoolSettings;
import io.heddle.processes.pool.ProcessCall;
import io.heddle.processes.pool.WorkerPool;
import io.heddle.processes.setting.OptionValue;
import io.heddle.ray.cluster.Demand;
import io.heddle.ray.cluster.Nodes;
import io.heddle.ray.cluster.RaySession;
import io.heddle.ray.cluster.RaySettings;
import io.heddle.ray.cluster.RayWorkers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Tasks on a Ray cluster, by name {@code ray}. Each worker is an actor, a JVM that Ray starts on one of the cluster's nodes.
 *
 * <pre>{@code
 * try (var scope = ParallelConfig.backend("ray").open()) { // or .option("address", "head:6379")
 *     Parallel.builder().build().range(5, i -> -(i + 1));
 * }
 * }</pre>
 *
 * <p><b>What it takes.</b> A cluster that runs ({@code ray start}), on whose nodes {@code java} is JDK 25 or newer ({@link Builder#javaHome}
 * says another); and here, in a process on one of its nodes, the {@code ray_dist.jar} of the cluster's own Python installation on the class
 * path. Its version must be the cluster's: Ray's Java half does not compare them, so Heddle does, where the jar lies in a Python installation.
 * Ray connects a process to one cluster, once, until its end. Nothing else is needed on the nodes: Heddle's jars are sent there, and the
 * actors ask this process for its classes, one by one as they need them; {@link Builder#jars} and {@link Builder#codeSearchPath} spare them
 * that.
 *
 * <p><b>Security</b> is Ray's own: a token ({@code RAY_AUTH_MODE}, {@code RAY_AUTH_TOKEN}) and TLS ({@code RAY_USE_TLS=1} with {@code
 * RAY_TLS_SERVER_CERT}, {@code RAY_TLS_SERVER_KEY}, {@code RAY_TLS_CA_CERT}) are taken from the environment of this process, as Ray takes
 * them from that of {@code ray start} on the nodes.
 *
 * <p><b>Workers.</b> Without jobs a call has one for each CPU of the cluster, as it is when the call begins. Ray sets aside the CPUs of each:
 * an explicit {@code innerMaxNumThreads}, else its share of the cluster's; {@link Builder#cpusPerWorker} says otherwise. A call has no more
 * workers than the cluster has room for; where others hold the CPUs, it begins with those workers that it gets. Idle actors end soon, as they
 * hold CPUs: see {@link Builder#idleLimit}.
 *
 * <p><b>Inner limit.</b> An actor starts with {@code OMP_NUM_THREADS} and the like set to its inner limit, before any library is loaded. A
 * call with another limit sets it in the living actors.
 *
 * <p><b>What is sent, and faults,</b> are as with {@link io.heddle.processes.ProcessesBackend}: a task whose actor dies, or whose node, fails
 * by a {@link io.heddle.processes.failure.TerminatedWorkerException} or, with {@code retries}, is run again elsewhere. What tasks print goes to
 * Ray's logs; what they log by {@code java.util.logging} comes here, too. When this process ends, its actors do. Once the cluster's head has
 * been away for some time (see {@link Builder#headTimeout}), calls fail; soon after that Ray ends this process, with status 1.
 *
 * <p>Instances with equal settings share workers. Thread-safe.
 */
public final class RayBackend implements Backend, AutoCloseable {
    static final String NAME = "ray";
    private static final long NO_GROWTH_LIMIT = 0; // an actor's memory is Ray's affair
    private static final Duration DEFAULT_IDLE_LIMIT = Duration.ofSeconds(10);

    private final RaySettings settings;
    private final PoolSettings pool;

    private RayBackend(RaySettings settings, PoolSettings pool) {
        this.settings = settings;
        this.pool = pool;
    }

    /**
     * Workers on the cluster that {@code -Dray.address} or {@code RAY_ADDRESS} name or that was started on this machine. Connects to nothing
     * yet.
     *
     * @return the backend
     * @throws IllegalStateException if Ray's jar is not on the class path
     */
    public static RayBackend create() {
        return builder().build();
    }

    /**
     * To say more.
     *
     * @return a builder with the usual settings
     */
    public static Builder builder() {
        return new Builder();
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
     * {@inheritDoc} Connects if this process is not connected yet.
     *
     * @throws IllegalStateException if the cluster cannot be joined; the message says why and what to do
     */
    @Override
    public OptionalInt cpus() {
        return OptionalInt.of(Math.max(nodes().cpus(), 1));
    }

    /**
     * {@inheritDoc} Connects if this process is not connected yet.
     *
     * @throws IllegalStateException if the cluster cannot be joined; the message says why and what to do
     */
    @Override
    public int effectiveJobs(int jobs) {
        double each = settings.cpusPerWorker() > 0 ? settings.cpusPerWorker() : 1;
        return Math.max(Math.min(jobs, nodes().room(each)), 1);
    }

    private Nodes nodes() {
        return RaySession.of(settings).nodes(settings);
    }

    @Override
    public Execution start(Work work, CallSettings call) {
        return ProcessCall.start(work, Demand.limited(settings, nodes(), call), WorkerPool.shared(pool), false);
    }

    /**
     * Ends the actors: those without a task now, others when their call is over. They are shared with every backend of equal settings; a later
     * call starts new ones. The process stays connected.
     */
    @Override
    public void close() {
        WorkerPool.shared(pool).close();
    }

    /** Says where the cluster is and what its workers are to be like. Not thread-safe. */
    public static final class Builder extends WorkerBuilder<Builder> {
        private @Nullable String address;
        private String namespace = "";
        private final List<String> codeSearchPath = new ArrayList<>();
        private final List<String> jars = new ArrayList<>();
        private double cpusPerWorker;
        private Duration headTimeout = RaySettings.DEFAULT_HEAD_TIMEOUT;
        private @Nullable String javaHome;
        private String loggingLevel = "WARN";

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
         * @param value its value; <code>${NAME}</code> in it is what the node has
         */
        @Override
        public Builder environment(String name, String value) {
            return super.environment(name, value);
        }

        /**
         * How long to wait for the cluster when connecting, and for an actor to start while the call has none yet.
         *
         * @param timeout {@inheritDoc}
         */
        @Override
        public Builder startTimeout(Duration timeout) {
            return super.startTimeout(timeout);
        }

        /**
         * How long an actor without a task is kept. It holds its CPUs meanwhile, and a new one takes some seconds to start.
         *
         * @param limit above 0; 10 s without it
         */
        @Override
        public Builder idleLimit(Duration limit) {
            return super.idleLimit(limit);
        }

        /**
         * The cluster. The first call of a process connects it, for as long as the process lives.
         *
         * @param hostAndPort the head's, as {@code ray start --head} prints it; without it the system property {@code ray.address}, the
         *     environment's {@code RAY_ADDRESS}, or the cluster that was started on this machine
         * @return this
         */
        public Builder address(String hostAndPort) {
            address = Objects.requireNonNull(hostAndPort, "address");
            return this;
        }

        /**
         * Ray's namespace for this process's job.
         *
         * @param name any; without it Ray makes one
         * @return this
         */
        public Builder namespace(String name) {
            namespace = Objects.requireNonNull(name, "namespace");
            return this;
        }

        /**
         * Where the nodes have Heddle's jars and this program's: nothing is sent then. One for the whole process.
         *
         * @param paths folders and jars, the same on each node
         * @return this
         */
        public Builder codeSearchPath(String... paths) {
            codeSearchPath.addAll(List.of(paths));
            return this;
        }

        /**
         * More for the actors' class path, for what they are not to ask this process for class by class: libraries with many classes, with
         * native code, or with services.
         *
         * @param jars jars and folders on this machine, which are sent, or addresses that each node fetches from, for instance
         *     {@code https://host/my.jar}
         * @return this
         */
        public Builder jars(String... jars) {
            this.jars.addAll(List.of(jars));
            return this;
        }

        /**
         * The CPUs that Ray sets aside for each worker.
         *
         * @param cpus above 0, for instance 1 or 0.5; without it the worker's inner limit or share
         * @return this
         * @throws IllegalArgumentException if it is not above 0
         */
        public Builder cpusPerWorker(double cpus) {
            if (!(cpus > 0)) {
                throw new IllegalArgumentException("cpusPerWorker = " + cpus
                        + ": give the CPUs that Ray is to set aside for each worker, for instance 1 or 0.5");
            }
            cpusPerWorker = cpus;
            return this;
        }

        /**
         * How long the cluster's head may be away: calls that run then fail, and new ones do at once. Ray itself ends the whole process when its
         * head is away for 60 s, or what the environment's {@code RAY_gcs_rpc_server_reconnect_timeout_s} says, so more than that is of no use.
         *
         * @param timeout above 0; 30 s without it
         * @return this
         */
        public Builder headTimeout(Duration timeout) {
            headTimeout = positive("headTimeout", timeout);
            return this;
        }

        /**
         * The JDK that runs the actors.
         *
         * @param folder where it is on every node; without it {@code java} is what the PATH of {@code ray start} had
         * @return this
         */
        public Builder javaHome(String folder) {
            javaHome = Objects.requireNonNull(folder, "javaHome");
            return this;
        }

        /**
         * What Ray's Java half logs of itself, here and in the actors.
         *
         * @param level one of log4j's, for instance {@code INFO}; {@code WARN} without it. The system property {@code ray.logging.level}
         *     wins here
         * @return this
         */
        public Builder loggingLevel(String level) {
            loggingLevel = Objects.requireNonNull(level, "loggingLevel");
            return this;
        }

        /**
         * The backend. Connects to nothing yet.
         *
         * @return a backend, which shares its workers with others of equal settings
         * @throws IllegalStateException if Ray's jar is not on the class path
         * @throws IllegalArgumentException if a setting is wrong; the message names it
         */
        public RayBackend build() {
            RaySettings settings = new RaySettings(
                    address,
                    namespace,
                    codeSearchPath,
                    jars,
                    cpusPerWorker,
                    startTimeout(),
                    headTimeout,
                    environment(),
                    jvmOptions(),
                    javaHome,
                    maxFrameBytes(),
                    loggingLevel);
            RaySession.needRay();
            return new RayBackend(settings, pool(new RayWorkers(settings), NO_GROWTH_LIMIT, 0));
        }
    }
}
