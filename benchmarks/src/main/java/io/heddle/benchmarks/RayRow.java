package io.heddle.benchmarks;

import io.heddle.ray.RayBackend;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A row on a Ray cluster of two nodes, in a network and a process namespace of its own together with the child JVM and the peers.
 *
 * @param row how it is measured
 * @param cpus those of each node
 */
record RayRow(ChildRow row, int cpus) implements Row {
    private static final String ENVIRONMENT = "HEDDLE_RAY";
    private static final String CLUSTER = "HEDDLE_RAY_CLUSTER";
    private static final String JAR = "HEDDLE_RAY_JAR";
    private static final int TASKS = 1_000_000;

    static List<Row> rows() {
        return List.of(
                // the peers' workers have the other CPUs
                of("ray.noop", "tasks/s", true, "noop", 2, "2 Ray actors; joblib 2e4 tasks, plain Ray 1e3"),
                of(
                        "call.two-tasks.ray",
                        "µs",
                        false,
                        "call",
                        2,
                        "the median call; floor: the engine's own round trip, a no-op of a Python actor; ray: one of two actors each at once"),
                // a worker on each node; the peer's take no CPU
                of(
                        "scatter.100MB.ray",
                        "ms",
                        false,
                        "scatter",
                        1,
                        "a new array to 2 actors on 2 nodes; engine: as many bytes to a Python actor on each"));
    }

    private static Row of(String name, String unit, boolean higherIsBetter, String question, int cpus, String note) {
        return new RayRow(
                new ChildRow(
                        name,
                        unit,
                        higherIsBetter,
                        RayRow.class,
                        List.of(question),
                        Optional.empty(),
                        Optional.empty(),
                        note),
                cpus);
    }

    @Override
    public String name() {
        return row.name();
    }

    @Override
    public Optional<String> missing() {
        if (!set(ENVIRONMENT) || !Files.isExecutable(python())) {
            return Optional.of(ENVIRONMENT
                    + " names no virtual environment with Ray; ./heddle bench installs one where python3 is");
        }
        return set(CLUSTER) && set(JAR)
                ? Optional.empty()
                : Optional.of(CLUSTER + " is to name java/ray/cluster, and " + JAR
                        + " the ray_dist.jar: ./heddle bench sees to both");
    }

    private static boolean set(String variable) {
        String value = System.getenv(variable);
        return value != null && !value.isEmpty();
    }

    private static Path python() {
        return Path.of(System.getenv(ENVIRONMENT), "bin", "python");
    }

    @Override
    public RowResult measure(Measure measure) throws Exception {
        return row.measure(
                measure,
                List.of(
                        "env",
                        "JAVA_HOME=" + System.getProperty("java.home"),
                        System.getenv(CLUSTER),
                        "--cpus",
                        Integer.toString(cpus)),
                List.of(System.getenv(JAR)));
    }

    public static void main(String[] arguments) {
        int status = 0;
        try {
            measureBesideCluster(Measure.valueOf(arguments[0]), arguments[1]);
        } catch (Throwable e) {
            e.printStackTrace();
            status = 1;
        }
        System.exit(status);
    }

    private static void measureBesideCluster(Measure measure, String question) throws Exception {
        try (RayBackend backend = RayBackend.builder().cpusPerWorker(1).build()) {
            new ClusterCalls(python().toString(), "ray_peers.py", List.of())
                    .report(
                            measure,
                            question,
                            backend,
                            TASKS,
                            List.of("joblib", "ray"),
                            List.of("joblib-call", "ray-call"));
        }
    }
}
