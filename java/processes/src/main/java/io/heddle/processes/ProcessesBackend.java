package io.heddle.processes;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendUnavailableException;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.Work;
import io.heddle.processes.launch.LaunchSettings;
import io.heddle.processes.launch.LocalWorkers;
import io.heddle.processes.pool.PoolSettings;
import io.heddle.processes.pool.ProcessCall;
import io.heddle.processes.pool.WorkerPool;
import io.heddle.processes.setting.OptionValue;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Tasks in JVMs of their own: for native code that crashes, leaks, keeps global state, or can be limited per process only. By name it is
 * {@code processes}, whose workers are kept from call to call, and {@code fresh-processes}, whose workers serve one call.
 *
 * <pre>{@code
 * Parallel.builder().backend("processes").jobs(4).build().map(matrices, m -> solve(m));
 *
 * try (var backend = ProcessesBackend.builder().initializer(() -> System.loadLibrary("mine")).build();
 *         var scope = ParallelConfig.backend(backend).open()) {
 *     library.fit(X, y);
 * }
 * }</pre>
 *
 * <p><b>Start.</b> Workers start with the first call that needs them. A program that wants them ready before makes an empty call where it
 * begins: {@code parallel.mapAsync(List.of(1, 2), task -> task)}, as many tasks as jobs.
 *
 * <p><b>What is sent.</b> The task function once to each worker of a call, then inputs and results. All must be serialisable: lambdas given
 * to {@code Parallel} are, if what they capture is. A task that cannot be sent fails alone. What is
 * scattered ({@link io.heddle.ParallelSettings#scatter}) is sent to a worker before the first task there that refers to it, and again to one that
 * takes the place of a dead one; it must fit into one frame. Static fields are not sent: a worker has its own.
 * JShell's variables are such fields: in a block, copy one to a local variable, which a lambda can capture.
 *
 * <p><b>What a worker has of its parent.</b> Class path and module path, system properties that the JVM was started with, {@code --add-opens} and
 * the like, the environment and the working directory; not its heap settings, agents, debugger or JMX ports. Properties that the parent's own
 * command line does not show (from {@code JAVA_TOOL_OPTIONS} or an argument file), and those of {@link Builder#jvmOptions}, are in no process
 * list, file or crash report: they are sent over the connection before any code of yours runs. Only those that a JVM may read while it
 * starts are options of its command line: {@code java.*}, {@code jdk.*}, {@code sun.*}, {@code file.*}, {@code user.*} and encodings. Classes of other class loaders (an
 * application server's, a fat jar's) it asks the parent for, its codec's and its initializer's included. Its standard output and error come out at the parent's, and its
 * {@code java.util.logging} records at the parent's loggers, labelled by its process number. The levels in the parent's
 * {@code java.util.logging.config.file} hold in the worker, too; handlers, a {@code config.class} and a log manager of the parent's are not
 * made there again, unless {@link Builder#jvmOptions} name them.
 *
 * <p><b>Inner limit.</b> A worker starts with {@code OMP_NUM_THREADS}, {@code OPENBLAS_NUM_THREADS}, {@code MKL_NUM_THREADS},
 * {@code BLIS_NUM_THREADS}, {@code VECLIB_MAXIMUM_THREADS}, {@code NUMBA_NUM_THREADS} and {@code NUMEXPR_NUM_THREADS} set to its inner limit,
 * before any library is loaded: also libraries whose limit is the whole process's are thus held per worker. A value that you gave by
 * {@link Builder#environment} goes first, then an explicit {@code innerMaxNumThreads}, then the parent's own variable, then the worker's
 * share of the CPUs. A call with another limit sets it in the living workers.
 *
 * <p><b>CPUs and heap.</b> A worker starts with its share of the CPUs as its processor count, and with the same share of the parent's largest
 * heap. It keeps them, while the share changes with jobs and with other calls: a call takes workers that were started for as many CPUs as it
 * has for each, then those for more, and only then those for fewer, instead of starting others. What {@code Parallel.usableCpus()} and nested
 * calls see follows the call in any case. Where tasks need a certain heap, say {@link Builder#maxHeapBytes}.
 *
 * <p><b>Faults.</b> A worker that dies fails the tasks that it had by a {@link io.heddle.processes.failure.TerminatedWorkerException}; other
 * workers live on, and the next call has a new one. With {@code retries}, or where outcomes are collected, the tasks that were lost with it
 * are run again, each by itself if there were several: a task may then have run more than once. A task over its time limit is ended with its
 * process. When the parent dies, however it dies, its workers end.
 *
 * <p><b>The cache.</b> Workers start in half the time by what the JVM keeps of Heddle's classes in {@code $HEDDLE_CACHE},
 * {@code $XDG_CACHE_HOME/heddle} or {@code ~/.cache/heddle}, made in the background by the first program that needs it. A folder that other
 * users can write to is not used, which a warning says.
 *
 * <p>Instances with equal settings share workers, unless they are fresh; the last of them to be closed ends the workers. Thread-safe.
 */
public final class ProcessesBackend implements Backend, AutoCloseable {
    static final String REUSED = "processes";
    static final String FRESH = "fresh-processes";
    private static final long DEFAULT_GROWTH_BYTES = 300L << 20; // loky's
    private static final Duration DEFAULT_IDLE_LIMIT = Duration.ofMinutes(5); // loky's

    /** The backends that have made a call since they were last closed, for as long as somebody has them. */
    private static final Map<PoolSettings, Set<ProcessesBackend>> USERS = new HashMap<>(); // guarded by itself

    private final PoolSettings settings;
    private final boolean fresh;
    private final boolean byName; // nobody can close it
    private volatile boolean counted; // among the users; written under their monitor

    private ProcessesBackend(PoolSettings settings, boolean fresh, boolean byName) {
        this.settings = settings;
        this.fresh = fresh;
        this.byName = byName;
    }

    /**
     * Workers that are kept between calls, with the usual settings.
     *
     * @return the backend
     * @throws BackendUnavailableException if this machine cannot start worker JVMs
     */
    public static ProcessesBackend create() {
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
        return fresh ? FRESH : REUSED;
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

    @Override
    public int effectiveJobs(int jobs) {
        return jobs;
    }

    @Override
    public Execution start(Work work, CallSettings call) {
        if (!counted && !fresh && !byName) {
            count();
        }
        return ProcessCall.start(work, call, fresh ? WorkerPool.own(settings) : WorkerPool.shared(settings), fresh);
    }

    private void count() {
        synchronized (USERS) {
            USERS.values().removeIf(Set::isEmpty); // of backends that nobody has any more
            USERS.computeIfAbsent(settings, _ -> Collections.newSetFromMap(new WeakHashMap<>()))
                    .add(this);
            counted = true;
        }
    }

    /**
     * The workers that live now, and the native libraries in them. Asks each; one that runs a task answers meanwhile.
     *
     * @return an entry for each worker; none of fresh workers
     */
    public List<WorkerInfo> workers() {
        if (fresh) {
            return List.of();
        }
        return WorkerPool.shared(settings).info().stream()
                .map(info -> new WorkerInfo(
                        info.pid(),
                        info.environmentLimit(),
                        info.residentBytes(),
                        info.libraries().stream()
                                .map(each -> new WorkerInfo.Library(each.text(), each.file(), each.numThreads()))
                                .toList()))
                .toList();
    }

    /**
     * Ends the workers: those without a task now, others when their call is over. Where other backends of equal settings have made a call and
     * were not closed, the workers are theirs too, and the last one to be closed ends them; calls by the name alone do not count, and find new
     * workers. A later call on this backend starts new workers, and asks for another close.
     */
    @Override
    public void close() {
        if (fresh) {
            return;
        }
        synchronized (USERS) {
            counted = false;
            Set<ProcessesBackend> users = USERS.get(settings);
            if (users != null) {
                users.remove(this);
                if (!users.isEmpty()) {
                    return;
                }
                USERS.remove(settings);
            }
        }
        WorkerPool.shared(settings).close();
    }

    /** Says what workers are to be like; one without a task is kept for 300 s if nobody says otherwise. Not thread-safe. */
    public static final class Builder extends WorkerBuilder<Builder> {
        private long maxHeapBytes;
        private long memoryGrowthBytes = DEFAULT_GROWTH_BYTES;
        private @Nullable Integer spareWorkers;
        private boolean fresh;

        private Builder() {
            super(DEFAULT_IDLE_LIMIT);
        }

        /**
         * The largest heap of a worker.
         *
         * @param bytes above 0; without it, a share of the parent's own largest heap, by the CPUs of the call that starts the worker
         * @return this
         * @throws IllegalArgumentException if it is not above 0
         */
        public Builder maxHeapBytes(long bytes) {
            maxHeapBytes = positive("maxHeapBytes", bytes);
            return this;
        }

        /**
         * How much a worker's resident memory may grow beyond what it was after its first task; one that grows more is replaced between two
         * batches.
         *
         * @param bytes above 0; 300 MB without it
         * @return this
         * @throws IllegalArgumentException if it is not above 0
         */
        public Builder memoryGrowthBytes(long bytes) {
            memoryGrowthBytes = positive("memoryGrowthBytes", bytes);
            return this;
        }

        @Override
        protected Builder self() {
            return this;
        }

        static Map<String, BiConsumer<Builder, OptionValue>> common() {
            return options();
        }

        /**
         * How many workers are started beyond those that calls asked for, so that a call which needs one more, or has lost one, does not wait
         * for a JVM. Each takes the memory of an idle JVM.
         *
         * @param workers 0 or more; 1 without it, 0 for fresh workers
         * @return this
         * @throws IllegalArgumentException if it is negative
         */
        public Builder spareWorkers(int workers) {
            if (workers < 0) {
                throw new IllegalArgumentException("spareWorkers = " + workers + ": give 0 or more");
            }
            spareWorkers = workers;
            return this;
        }

        /**
         * Workers that serve one call and end with it: nothing that a call leaves in a worker reaches another call.
         *
         * @return this
         */
        public Builder fresh() {
            fresh = true;
            return this;
        }

        private static long positive(String name, long bytes) {
            if (bytes <= 0) {
                throw new IllegalArgumentException(name + " = " + bytes + " is no number of bytes: give more than 0");
            }
            return bytes;
        }

        /**
         * The backend. Starts nothing yet.
         *
         * @return a backend, which shares its workers with others of equal settings
         * @throws BackendUnavailableException if this machine cannot start worker JVMs
         * @throws IllegalArgumentException if a setting is wrong; the message names it
         */
        public ProcessesBackend build() {
            return build(false);
        }

        ProcessesBackend build(boolean byName) {
            LaunchSettings launch =
                    new LaunchSettings(jvmOptions(), environment(), maxHeapBytes, maxFrameBytes(), startTimeout());
            int spares = spareWorkers != null ? spareWorkers : fresh ? 0 : 1;
            PoolSettings settings = pool(LocalWorkers.of(launch), memoryGrowthBytes, spares);
            return new ProcessesBackend(settings, fresh, byName);
        }
    }
}
