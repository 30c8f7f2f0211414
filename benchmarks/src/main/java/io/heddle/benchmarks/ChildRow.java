package io.heddle.benchmarks;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
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
 * A row whose contenders take turns in one child JVM that has loaded the library of the row and no other.
 *
 * @param name the row
 * @param unit the unit of the figures
 * @param higherIsBetter whether a greater figure is the better one
 * @param main the child's main class; its arguments are the {@link Measure} and those below; it ends by {@link #report}
 * @param arguments the arguments that name the work
 * @param library the library without which there is no row
 * @param pythonPeer the peer by Python
 * @param note what a reader must know
 */
record ChildRow(
        String name,
        String unit,
        boolean higherIsBetter,
        Class<?> main,
        List<String> arguments,
        Optional<Libraries> library,
        Optional<Python.Peer> pythonPeer,
        String note)
        implements Row {
    /** Threads of OpenBLAS and libgomp spin for some 25 ms after their last job: not in the next contender's time. */
    private static final Duration SETTLE = Duration.ofMillis(100);

    private static final String NOTE = "note";

    /** More is better, and there is no peer by Python. */
    ChildRow(String name, String unit, Class<?> main, List<String> arguments, Libraries library, String note) {
        this(name, unit, true, main, arguments, Optional.of(library), Optional.empty(), note);
    }

    @Override
    public Optional<String> missing() {
        return library.flatMap(Libraries::missing);
    }

    @Override
    public RowResult measure(Measure measure) throws IOException, InterruptedException {
        return measure(measure, List.of(), List.of());
    }

    /** As above, with a command that runs the child, before {@code java} on its line, and more jars on its class path. */
    RowResult measure(Measure measure, List<String> runner, List<String> jars)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(measure.name()));
        all.addAll(arguments);
        List<String> command = new ArrayList<>(runner);
        command.addAll(java(main, jars, all));
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
        Optional<String> last = // workers may have printed, too: a JVM that crashes says so
                printed.lines().filter(line -> line.startsWith("{")).reduce((_, later) -> later);
        // beside a cluster the report alone counts: native code of the engine has been seen to abort when the JVM ends
        if (last.isEmpty() || (child.exitValue() != 0 && runner.isEmpty())) {
            throw new IOException(String.join(" ", command) + " failed with status " + child.exitValue());
        }
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        JsonObject reported = JsonParser.parseString(last.get()).getAsJsonObject();
        String seen = reported.remove(NOTE).getAsString();
        reported.entrySet()
                .forEach(
                        figure -> figures.put(figure.getKey(), figure.getValue().getAsDouble()));
        List<String> notes = new ArrayList<>(List.of(note));
        if (!seen.isEmpty()) {
            notes.add(seen);
        }
        if (measure != Measure.CHECK) {
            pythonPeer.ifPresent(peer -> peer.addTo(figures, notes));
        }
        return new RowResult(name, unit, figures, higherIsBetter, String.join("; ", notes));
    }

    /** The command that runs a main class of ours in another JVM. */
    static List<String> java(Class<?> main, List<String> arguments) {
        return java(main, List.of(), arguments);
    }

    private static List<String> java(Class<?> main, List<String> jars, List<String> arguments) {
        List<String> classPath = new ArrayList<>(List.of(System.getProperty("java.class.path")));
        classPath.addAll(jars);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                String.join(File.pathSeparator, classPath),
                main.getName()));
        command.addAll(arguments);
        return command;
    }

    /** In the child: measures all contenders in turns, A B A B, and prints the figure of each. More is better. */
    static void report(Measure measure, SequencedMap<String, Callable<Double>> contenders) throws Exception {
        report(measure, true, contenders, () -> "");
    }

    /** As above, with what else was seen of the run, to be added to the row's note. */
    static void report(Measure measure, SequencedMap<String, Callable<Double>> contenders, Supplier<String> seen)
            throws Exception {
        report(measure, true, contenders, seen);
    }

    /** As above, where perhaps less is better. */
    static void report(
            Measure measure,
            boolean higherIsBetter,
            SequencedMap<String, Callable<Double>> contenders,
            Supplier<String> seen)
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
            report.addProperty(contender, measure.figure(turns, higherIsBetter));
        });
        report.addProperty(NOTE, seen.get());
        System.out.println(report);
    }
}
