package io.heddle.benchmarks;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/**
 * A row where more is better: its contenders take turns in one child JVM that has loaded the library of the row and no other.
 *
 * @param name the row
 * @param unit the unit of the figures
 * @param main the child's main class; its arguments are the {@link Measure} and those below; it ends by {@link #report}
 * @param arguments the arguments that name the work
 * @param library the library without which there is no row
 * @param note what a reader must know
 */
record ChildRow(String name, String unit, Class<?> main, List<String> arguments, Libraries library, String note)
        implements Row {
    /** Threads of OpenBLAS and libgomp spin for some 25 ms after their last job: not in the next contender's time. */
    private static final Duration SETTLE = Duration.ofMillis(100);

    private static final String NOTE = "note";

    @Override
    public Optional<String> missing() {
        return library.missing();
    }

    @Override
    public RowResult measure(Measure measure) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                measure.name()));
        command.addAll(arguments);
        Process child =
                new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        String printed;
        try {
            child.getOutputStream().close();
            printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            child.waitFor();
        } finally {
            child.destroyForcibly();
        }
        if (child.exitValue() != 0) {
            throw new IOException(String.join(" ", command) + " failed with status " + child.exitValue());
        }
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        JsonObject reported = JsonParser.parseString(printed).getAsJsonObject();
        String seen = reported.remove(NOTE).getAsString();
        reported.entrySet()
                .forEach(
                        figure -> figures.put(figure.getKey(), figure.getValue().getAsDouble()));
        return new RowResult(name, unit, figures, true, seen.isEmpty() ? note : note + "; " + seen);
    }

    /** In the child: measures all contenders in turns, A B A B, and prints the figure of each. */
    static void report(Measure measure, SequencedMap<String, Callable<Double>> contenders) throws Exception {
        report(measure, contenders, () -> "");
    }

    /** As above, with what else was seen of the run, to be added to the row's note. */
    static void report(Measure measure, SequencedMap<String, Callable<Double>> contenders, Supplier<String> seen)
            throws Exception {
        SequencedMap<String, List<Double>> figures = new LinkedHashMap<>();
        for (int turn = 0; turn < measure.turns(); turn++) {
            for (var contender : contenders.entrySet()) {
                Thread.sleep(SETTLE);
                figures.computeIfAbsent(contender.getKey(), name -> new ArrayList<>())
                        .add(contender.getValue().call());
            }
        }
        JsonObject report = new JsonObject();
        figures.forEach((contender, turns) -> {
            System.err.println("# " + contender + " " + turns);
            report.addProperty(contender, measure.figure(turns, true));
        });
        report.addProperty(NOTE, seen.get());
        System.out.println(report);
    }
}
