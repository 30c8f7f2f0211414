package io.heddle.benchmarks;

import io.heddle.dask.DaskBackend;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A row on a Dask cluster of two workers with a slot each, which the peers use too, one after the other.
 *
 * @param row how it is measured
 */
record DaskRow(ChildRow row) implements Row {
    private static final String PYTHON = "HEDDLE_PYTHON_DASK";
    private static final String PEERS = "dask_peers.py";
    private static final int TASKS = 100_000;

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
        String python = System.getenv(PYTHON);
        Process cluster = ClusterCalls.script(python, PEERS, List.of("cluster"));
        try (BufferedReader said = ClusterCalls.lines(cluster)) {
            String address = said.readLine();
            try (DaskBackend backend = DaskBackend.builder()
                    .schedulerAddress(address)
                    .python(python)
                    .javaHome(System.getProperty("java.home"))
                    .build()) {
                new ClusterCalls(python, PEERS, List.of(address))
                        .report(
                                Measure.valueOf(arguments[0]),
                                arguments[1],
                                backend,
                                TASKS,
                                List.of("joblib", "dask"),
                                List.of("joblib-call"));
            }
        } finally {
            cluster.getOutputStream().close();
            cluster.waitFor();
        }
    }
}
