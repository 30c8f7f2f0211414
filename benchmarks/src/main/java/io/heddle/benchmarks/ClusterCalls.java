package io.heddle.benchmarks;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.backend.Backend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/**
 * What the rows on clusters ask alike of two workers: tasks that do nothing, a call of two tasks, a large array scattered.
 *
 * @param python the engine's
 * @param peersScript a resource beside this class: what the engine and joblib take for the same, by Python
 * @param place what the script is told where it is to ask, after the question
 */
record ClusterCalls(String python, String peersScript, List<String> place) {
    private static final int CALLS = 200;
    private static final int SCATTERED_BYTES = 100_000_000;
    private static final int WARM_UPS = 5;

    /**
     * Measures and reports.
     *
     * @param question {@code noop}, {@code call} or {@code scatter}
     * @param tasks those of a call that does nothing
     * @param noopPeers the peers' names in the script for the first question
     * @param callPeers those for the second, which end with {@code -call}
     */
    void report(
            Measure measure,
            String question,
            Backend backend,
            int tasks,
            List<String> noopPeers,
            List<String> callPeers)
            throws Exception {
        Parallel parallel = Parallel.builder().backend(backend).jobs(2).build();
        SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
        switch (question) {
            case "scatter" -> {
                contenders.put(RowResult.HEDDLE, () -> scatterMillis(backend));
                addPeers(measure, contenders, List.of("scatter"));
            }
            case "noop" -> {
                contenders.put(RowResult.HEDDLE, () -> tasksInASecond(parallel, tasks));
                addPeers(measure, contenders, noopPeers);
            }
            default -> {
                contenders.put(RowResult.HEDDLE, () -> medianCall(parallel));
                contenders.put(RowResult.FLOOR, () -> asked("trip"));
                addPeers(measure, contenders, callPeers);
            }
        }
        for (int i = 0; i < WARM_UPS; i++) {
            contenders.firstEntry().getValue().call();
        }
        ChildRow.report(measure, question.equals("noop"), contenders, () -> "");
    }

    private void addPeers(Measure measure, SequencedMap<String, Callable<Double>> contenders, List<String> peers) {
        if (measure != Measure.CHECK) {
            for (String peer : peers) {
                contenders.put(peer.replace("-call", "").replace("scatter", "engine"), () -> asked(peer));
            }
        }
    }

    private static double tasksInASecond(Parallel parallel, int tasks) {
        List<Integer> inputs = IntStream.range(0, tasks).boxed().toList();
        long begin = System.nanoTime();
        parallel.map(inputs, input -> input);
        return tasks * 1e9 / (System.nanoTime() - begin);
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

    private static double scatterMillis(Backend backend) {
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

    private double asked(String question) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(question));
        arguments.addAll(place);
        Process peer = script(python, peersScript, arguments);
        try (BufferedReader said = lines(peer)) {
            peer.getOutputStream().close();
            String answer = said.readLine();
            peer.waitFor();
            return Double.parseDouble(Objects.requireNonNull(answer, "the peer says nothing"));
        } finally {
            peer.destroyForcibly();
        }
    }

    /** Runs a script that is a resource beside this class. */
    static Process script(String python, String resource, List<String> arguments) throws IOException {
        try (InputStream source = Objects.requireNonNull(ClusterCalls.class.getResourceAsStream(resource))) {
            List<String> command =
                    new ArrayList<>(List.of(python, "-c", new String(source.readAllBytes(), StandardCharsets.UTF_8)));
            command.addAll(arguments);
            return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        }
    }

    /** What a process says. */
    static BufferedReader lines(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }
}
