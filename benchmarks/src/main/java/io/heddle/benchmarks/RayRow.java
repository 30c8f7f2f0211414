package io.heddle.benchmarks;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.ray.RayBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

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
    private static final int CALLS = 200;
    private static final int SCATTERED_BYTES = 100_000_000;
    private static final int WARM_UPS = 5;

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
        Runtime.getRuntime().halt(status); // Ray's shutdown hook has been seen to change the status
    }

    private static void measureBesideCluster(Measure measure, String question) throws Exception {
        boolean noop = question.equals("noop");
        try (RayBackend backend = RayBackend.builder().cpusPerWorker(1).build()) {
            Parallel parallel = Parallel.builder().backend(backend).jobs(2).build();
            SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
            if (question.equals("scatter")) {
                contenders.put(RowResult.HEDDLE, () -> scatterMillis(backend));
                addPeers(measure, contenders, "scatter");
            } else if (noop) {
                contenders.put(RowResult.HEDDLE, () -> tasksInASecond(parallel));
                addPeers(measure, contenders, "joblib", "ray");
            } else {
                contenders.put(RowResult.HEDDLE, () -> medianCall(parallel));
                contenders.put(RowResult.FLOOR, () -> asked("trip"));
                addPeers(measure, contenders, "joblib-call", "ray-call");
            }
            for (int i = 0; i < WARM_UPS; i++) {
                contenders.firstEntry().getValue().call();
            }
            ChildRow.report(measure, noop, contenders, () -> "");
        }
    }

    private static void addPeers(Measure measure, SequencedMap<String, Callable<Double>> contenders, String... peers) {
        if (measure != Measure.CHECK) {
            for (String peer : peers) {
                contenders.put(peer.replace("-call", "").replace("scatter", "engine"), () -> asked(peer));
            }
        }
    }

    private static double tasksInASecond(Parallel parallel) {
        List<Integer> inputs = IntStream.range(0, TASKS).boxed().toList();
        long begin = System.nanoTime();
        parallel.map(inputs, input -> input);
        return TASKS * 1e9 / (System.nanoTime() - begin);
    }

    private static double medianCall(Parallel parallel) {
        List<Integer> inputs = List.of(0, 1);
        double[] micros = new double[CALLS];
        for (int i = 0; i < CALLS; i++) {
            long begin = System.nanoTime();
            parallel.map(inputs, input -> input);
            micros[i] = (System.nanoTime() - begin) / 1e3;
        }
        return Pairs.median(micros);
    }

    private static double scatterMillis(RayBackend backend) {
        double[] array = new double[SCATTERED_BYTES / Double.BYTES];
        Arrays.fill(array, 1);
        long begin = System.nanoTime();
        try (var _ = ParallelConfig.backend(backend).jobs(2).scatter(array).open()) {
            Parallel.builder().batchSize(1).build().range(2, index -> {
                Thread.sleep(1); // so that each worker has one
                return array[index];
            });
        }
        return (System.nanoTime() - begin) / 1e6;
    }

    private static double asked(String question) throws IOException, InterruptedException {
        Process peer = script(question);
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(peer.getInputStream(), StandardCharsets.UTF_8))) {
            peer.getOutputStream().close();
            String answer = said.readLine();
            peer.waitFor();
            return Double.parseDouble(Objects.requireNonNull(answer, "the peer says nothing"));
        } finally {
            peer.destroyForcibly();
        }
    }

    private static Process script(String question) throws IOException {
        try (InputStream source = Objects.requireNonNull(RayRow.class.getResourceAsStream("ray_peers.py"))) {
            String text = new String(source.readAllBytes(), StandardCharsets.UTF_8);
            return new ProcessBuilder(python().toString(), "-c", text, question)
                    .redirectError(Redirect.INHERIT)
                    .start();
        }
    }
}
