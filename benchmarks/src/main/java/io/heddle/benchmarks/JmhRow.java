package io.heddle.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/**
 * A row of JMH benchmarks. The contenders take turns, each turn in a JVM of its own; a figure is what {@link Measure} says of the turns.
 *
 * @param name the row
 * @param unit the unit of the figures
 * @param benchmarks the class that measures
 * @param methods its methods by contender, of which the worst counts: heddle, floor and the peers on the JVM
 * @param sizes the values of the parameter {@code tasks}, by which figures are divided and of which the worst counts; 1 where there is
 *     no such parameter
 * @param warmUps how many iterations warm up for each that counts: more than 1 for a short operation with much code to compile
 * @param pythonPeer the peer by Python
 * @param library the library without which there is no row
 * @param note what a reader must know
 */
record JmhRow(
        String name,
        String unit,
        Class<?> benchmarks,
        SequencedMap<String, List<String>> methods,
        List<Integer> sizes,
        int warmUps,
        Python.Peer pythonPeer,
        Optional<Libraries> library,
        String note)
        implements Row {
    private static final String JNI = "jni";

    /** No peer: what bounds compare with where the floor is too restless. */
    private static final String TOKEN = "token";

    private static final List<Integer> NO_SIZES = List.of(1);

    private record Variant(String method, int size) {}

    @Override
    public Optional<String> missing() {
        return library.flatMap(Libraries::missing);
    }

    @Override
    public RowResult measure(Measure measure) throws RunnerException {
        List<String> notes = new ArrayList<>(List.of(note));
        SequencedMap<String, Map<Variant, List<Double>>> turns = new LinkedHashMap<>();
        for (int turn = 0; turn < measure.forks(); turn++) {
            for (String contender : methods.keySet()) {
                for (Variant variant : due(contender, measure)) {
                    turns.computeIfAbsent(contender, c -> new LinkedHashMap<>())
                            .computeIfAbsent(variant, v -> new ArrayList<>())
                            .add(fork(variant, measure));
                }
            }
        }
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        turns.forEach((contender, byVariant) -> figures.put(contender, worst(byVariant, measure)));
        if (measure != Measure.CHECK) {
            if (methods.containsKey(JNI) && !figures.containsKey(JNI)) {
                notes.add("no jni: libheddle_thread_limit_jni.so is not built");
            }
            pythonPeer.addTo(figures, notes);
        }
        return new RowResult(name, unit, figures, false, String.join("; ", notes));
    }

    private List<Variant> due(String contender, Measure measure) {
        return sizes.stream()
                .filter(size -> isDue(contender, size, measure))
                .flatMap(size ->
                        methods.getOrDefault(contender, List.of()).stream().map(method -> new Variant(method, size)))
                .toList();
    }

    /** To be quick, a peer has the first size only. */
    private boolean isDue(String contender, int size, Measure measure) {
        return switch (contender) {
            case RowResult.HEDDLE, RowResult.FLOOR -> true;
            case TOKEN -> measure == Measure.CHECK && size == sizes.getFirst();
            case JNI -> JniThreadLimit.library().isPresent() && isPeersTurn(size, measure);
            default -> isPeersTurn(size, measure);
        };
    }

    private boolean isPeersTurn(int size, Measure measure) {
        return switch (measure) {
            case FULL -> true;
            case QUICK -> size == sizes.getFirst();
            case CHECK -> false;
        };
    }

    private static double worst(Map<Variant, List<Double>> byVariant, Measure measure) {
        return byVariant.values().stream()
                .mapToDouble(turns -> measure.figure(turns, false))
                .max()
                .orElseThrow();
    }

    private static String[] jvmArguments(Measure measure) {
        List<String> arguments = new ArrayList<>(List.of(
                "--sun-misc-unsafe-memory-access=allow", // JMH's own use
                "-Xbatch")); // on a busy machine a background compiler would finish after the warm-up
        if (measure == Measure.CHECK) {
            arguments.add("-Xmn40m"); // results stay in the cache, whatever others do to the memory's bandwidth
        }
        return arguments.toArray(new String[0]);
    }

    /** The figure of one fork, for one task. */
    private double fork(Variant variant, Measure measure) throws RunnerException {
        System.setProperty("jmh.ignoreLock", "true"); // another user of the machine may measure too
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + benchmarks.getName().replace(".", "\\.") + "\\." + variant.method + "$")
                .forks(1)
                .warmupIterations(warmUps * measure.iterations())
                .warmupTime(TimeValue.milliseconds(measure.iterationMillis()))
                .measurementIterations(measure.iterations())
                .measurementTime(TimeValue.milliseconds(measure.iterationMillis()))
                .jvmArgsAppend(jvmArguments(measure));
        if (!sizes.equals(NO_SIZES)) {
            options.param("tasks", Integer.toString(variant.size));
        }
        Result<?> result = new Runner(
                        options.build(), OutputFormatFactory.createFormatInstance(System.err, VerboseMode.NORMAL))
                .runSingle()
                .getPrimaryResult();
        Statistics iterations = result.getStatistics();
        return (measure == Measure.CHECK ? iterations.getMin() : iterations.getPercentile(50)) / variant.size;
    }
}
