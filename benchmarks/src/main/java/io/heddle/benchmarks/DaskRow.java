package io.heddle.benchmarks;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.dask.DaskBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/**
 * A row on a Dask cluster of two workers with a slot each, which the peers use too, one after the other.
 *
 * @param row how it is measured
 */
record DaskRow(ChildRow row) implements Row {
    private static final String PYTHON = "HEDDLE_PYTHON_DASK";
    private static final int TASKS = 100_000;
    private static final int CALLS = 200;
    private static final int SCATTERED_BYTES = 100_000_000;
    private static final int WARM_UPS = 5;

    static List<Row> rows() {
        return List.of(
                of("dask.noop", "tasks/s", true, "noop", "2 Dask workers; joblib 2e4 tasks, plain Dask 1e3"),
                of(
                        "call.two-tasks.dask",
                        "µs",
                        false,
                        "call",
                        "the median call; floor: the engine's own round trip, a no-op of plain Dask"),
                of(
                        "scatter.100MB.dask",
                        "ms",
                        false,
                        "scatter",
                        "a new array to 2 worker JVMs; engine: as many bytes to their Dask workers"));
    }

    private static Row of(String name, String unit, boolean higherIsBetter, String question, String note) {
        return new DaskRow(new ChildRow(
                name,
                unit,
                higherIsBetter,
                DaskRow.class,
                List.of(question),
                Optional.empty(),
                Optional.empty(),
                note));
    }

    @Override
    public String name() {
        return row.name();
    }

    @Override
    public Optional<String> missing() {
        String python = System.getenv(PYTHON);
        return python != null && !python.isEmpty() && Files.isExecutable(Path.of(python))
                ? Optional.empty()
                : Optional.of(PYTHON + " names no python with Dask; ./heddle bench installs one where python3 is");
    }

    @Override
    public RowResult measure(Measure measure) throws Exception {
        return row.measure(measure);
    }

    public static void main(String[] arguments) throws Exception {
        Measure measure = Measure.valueOf(arguments[0]);
        String question = arguments[1];
        boolean noop = question.equals("noop");
        Process cluster = script("cluster");
        try (BufferedReader said = lines(cluster)) {
            String address = said.readLine();
            try (DaskBackend backend = DaskBackend.builder()
                    .schedulerAddress(address)
                    .python(System.getenv(PYTHON))
                    .javaHome(System.getProperty("java.home"))
                    .build()) {
                Parallel parallel = Parallel.builder().backend(backend).jobs(2).build();
                SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
                if (question.equals("scatter")) {
                    contenders.put(RowResult.HEDDLE, () -> scatterMillis(backend));
                    addPeers(measure, contenders, address, "scatter");
                } else if (noop) {
                    contenders.put(RowResult.HEDDLE, () -> tasksInASecond(parallel));
                    addPeers(measure, contenders, address, "joblib", "dask");
                } else {
                    contenders.put(RowResult.HEDDLE, () -> medianCall(parallel));
                    contenders.put(RowResult.FLOOR, () -> asked(address, "trip"));
                    addPeers(measure, contenders, address, "joblib-call");
                }
                for (int i = 0; i < WARM_UPS; i++) {
                    contenders.firstEntry().getValue().call();
                }
                ChildRow.report(measure, noop, contenders, () -> "");
            }
        } finally {
            cluster.getOutputStream().close();
            cluster.waitFor();
        }
    }

    private static void addPeers(
            Measure measure, SequencedMap<String, Callable<Double>> contenders, String address, String... peers) {
        if (measure != Measure.CHECK) {
            for (String peer : peers) {
                contenders.put(peer.replace("-call", "").replace("scatter", "engine"), () -> asked(address, peer));
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

    private static double scatterMillis(DaskBackend backend) {
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

    private static double asked(String address, String question) throws IOException, InterruptedException {
        Process peer = script(question, address);
        try (BufferedReader said = lines(peer)) {
            peer.getOutputStream().close();
            String answer = said.readLine();
            peer.waitFor();
            return Double.parseDouble(Objects.requireNonNull(answer, "the peer says nothing"));
        } finally {
            peer.destroyForcibly();
        }
    }

    private static Process script(String... arguments) throws IOException {
        try (InputStream source = Objects.requireNonNull(DaskRow.class.getResourceAsStream("dask_peers.py"))) {
            List<String> command = new ArrayList<>(
                    List.of(System.getenv(PYTHON), "-c", new String(source.readAllBytes(), StandardCharsets.UTF_8)));
            command.addAll(List.of(arguments));
            return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        }
    }

    private static BufferedReader lines(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }
}
