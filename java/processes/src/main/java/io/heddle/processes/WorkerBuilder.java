package io.heddle.processes;

import io.heddle.processes.codec.Codec;
import io.heddle.processes.launch.LaunchSettings;
import io.heddle.processes.pool.PoolSettings;
import io.heddle.processes.pool.WorkerPool;
import io.heddle.processes.pool.WorkerSource;
import io.heddle.processes.setting.OptionValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the worker JVMs of a backend are to be like, wherever they run. Each of Heddle's backends with worker JVMs has a builder of this kind.
 * Not thread-safe.
 *
 * @param <B> the builder itself
 */
public abstract class WorkerBuilder<B extends WorkerBuilder<B>> {
    private static final int LEAST_FRAME_BYTES = 1024;
    private static final int DEFAULT_FRAME_BYTES = 1 << 30;
    private static final Duration DEFAULT_START_TIMEOUT = Duration.ofSeconds(60);

    /** A century, which is for ever, and can be counted in ns. */
    private static final Duration MOST_TIME = Duration.ofDays(36_500);

    private final List<String> jvmOptions = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private int maxFrameBytes = DEFAULT_FRAME_BYTES;
    private Duration startTimeout = DEFAULT_START_TIMEOUT;
    private Duration idleLimit;
    private @Nullable WorkerInitializer initializer;
    private String codec = "jdk";
    private String serialFilter = "";

    /**
     * With the usual settings.
     *
     * @param idleLimit how long a worker without a task is kept where nobody says otherwise
     */
    protected WorkerBuilder(Duration idleLimit) {
        this.idleLimit = idleLimit;
    }

    /**
     * This builder.
     *
     * @return this
     */
    protected abstract B self();

    /**
     * More options for the workers' JVMs, after Heddle's own, so that they win.
     *
     * @param options for instance {@code -XX:+UseParallelGC} or {@code -Xmx4g}, each one text; class path and main class are not to be said here
     * @return this
     * @throws IllegalArgumentException if one is no option, or a class path or main class
     */
    public B jvmOptions(String... options) {
        for (String option : options) {
            LaunchSettings.checkOption(option);
            jvmOptions.add(option);
        }
        return self();
    }

    /**
     * A variable of the workers' environment; it wins over everything else.
     *
     * @param name its name
     * @param value its value
     * @return this
     */
    public B environment(String name, String value) {
        environment.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
        return self();
    }

    /**
     * The most bytes that are sent to or from a worker in one piece: one input, one result.
     *
     * @param bytes 1024 or more; 1 GB without it
     * @return this
     * @throws IllegalArgumentException if it is below 1024
     */
    public B maxFrameBytes(int bytes) {
        if (bytes < LEAST_FRAME_BYTES) {
            throw new IllegalArgumentException("maxFrameBytes = " + bytes + ": give " + LEAST_FRAME_BYTES + " or more");
        }
        maxFrameBytes = bytes;
        return self();
    }

    /**
     * How long a worker may take to connect, and then again until its initializer has run: together, up to twice this.
     *
     * @param timeout above 0; 60 s without it
     * @return this
     * @throws IllegalArgumentException if it is not above 0
     */
    public B startTimeout(Duration timeout) {
        startTimeout = positive("startTimeout", timeout);
        return self();
    }

    /**
     * How long a worker without a task is kept.
     *
     * @param limit above 0
     * @return this
     * @throws IllegalArgumentException if it is not above 0
     */
    public B idleLimit(Duration limit) {
        idleLimit = positive("idleLimit", limit);
        return self();
    }

    /**
     * What each worker runs before its first task. Backends share their workers only if their initializers are equal: keep it in a field
     * instead of making it anew.
     *
     * @param code runs in the worker
     * @return this
     */
    public B initializer(WorkerInitializer code) {
        initializer = Objects.requireNonNull(code, "initializer");
        return self();
    }

    /**
     * How objects become bytes.
     *
     * @param name the name of a {@link Codec}; {@code jdk} without it
     * @return this
     */
    public B codec(String name) {
        codec = Objects.requireNonNull(name, "codec");
        return self();
    }

    /**
     * What may be deserialised, in workers and, of what they send, here.
     *
     * @param pattern as for the system property {@code jdk.serialFilter}, for instance {@code com.acme.**;java.base/*;io.heddle.**;!*};
     *     what the JVM's own filter forbids stays forbidden; without either, everything may
     * @return this
     */
    public B serialFilter(String pattern) {
        serialFilter = Objects.requireNonNull(pattern, "pattern");
        return self();
    }

    /**
     * What was said.
     *
     * @return the options, in their order
     */
    protected final List<String> jvmOptions() {
        return List.copyOf(jvmOptions);
    }

    /**
     * What was said.
     *
     * @return the variables, in their order
     */
    protected final Map<String, String> environment() {
        return new LinkedHashMap<>(environment);
    }

    /**
     * What was said.
     *
     * @return the bound in bytes
     */
    protected final int maxFrameBytes() {
        return maxFrameBytes;
    }

    /**
     * What was said.
     *
     * @return the limit, a century at most
     */
    protected final Duration startTimeout() {
        return startTimeout;
    }

    /**
     * The settings of a pool of such workers.
     *
     * @param source where its workers come from
     * @param memoryGrowthBytes how much a worker may grow until it is replaced; 0 for any
     * @param spareWorkers how many are started beyond what calls asked for
     * @return settings that were checked
     * @throws IllegalArgumentException if the codec or the filter is none
     */
    @SuppressWarnings("exports") // for Heddle's own backends, which may see it
    protected final PoolSettings pool(WorkerSource source, long memoryGrowthBytes, int spareWorkers) {
        PoolSettings settings =
                new PoolSettings(source, initializer, codec, serialFilter, memoryGrowthBytes, idleLimit, spareWorkers);
        WorkerPool.check(settings);
        return settings;
    }

    /**
     * What a user may say by name, too.
     *
     * @param <B> the builder
     * @return what each name does to a builder
     */
    @SuppressWarnings("exports") // for Heddle's own backends, which may see it
    protected static <B extends WorkerBuilder<B>> Map<String, BiConsumer<B, OptionValue>> options() {
        return Map.of(
                "jvmOptions", (builder, value) -> builder.jvmOptions(value.texts()),
                "environment", (builder, value) -> value.variables(builder::environment),
                "maxFrameBytes", (builder, value) -> builder.maxFrameBytes(value.integer()),
                "startTimeout", (builder, value) -> builder.startTimeout(value.duration()),
                "idleLimit", (builder, value) -> builder.idleLimit(value.duration()),
                "initializer",
                        (builder, value) ->
                                builder.initializer(value.as(WorkerInitializer.class, "a WorkerInitializer")),
                "codec", (builder, value) -> builder.codec(value.text()),
                "serialFilter", (builder, value) -> builder.serialFilter(value.text()));
    }

    /**
     * A duration as it is kept.
     *
     * @param name what it is for
     * @param value what was given
     * @return the same, a century at most
     * @throws IllegalArgumentException if it is not above 0
     */
    protected static Duration positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " = " + value + ": give more than 0");
        }
        return value.compareTo(MOST_TIME) > 0 ? MOST_TIME : value;
    }
}
