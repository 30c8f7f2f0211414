package io.heddle.cli;

import com.google.gson.GsonBuilder;
import io.heddle.cli.stress.Stress;
import io.heddle.cli.stress.StressLibraries;
import io.heddle.cli.stress.StressRow;
import io.heddle.cli.stress.StressSettings;
import io.heddle.openblas.OpenBlas;
import io.heddle.topology.UsableCpus;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code heddle stress}: whether limits hold and results stay right. */
@Command(
        name = "stress",
        description =
                "Java threads multiply (dgemm) and solve (dgesv) while limits open and close at random; every result is checked."
                        + " Each library runs in a JVM of its own.",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:every result right, no hang, no crash, every limit held and given back",
            "1:something was wrong, or no library could be run",
            "2:wrong usage"
        })
final class StressCommand implements Callable<Integer> {
    private static final String MKL = "mkl";
    private static final int MOST_THREADS = 64;
    private static final int FEWEST_DEFAULT_THREADS = 4;
    private static final int MOST_DEFAULT_THREADS = 16;
    private static final double MOST_SECONDS = 86_400;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--seconds",
            defaultValue = "10",
            description = "How long for each library; default ${DEFAULT-VALUE}.")
    private double seconds = 10;

    @Option(names = "--threads", description = "Java threads, 1 to 64; default: 4 per usable CPU, but 4 to 16.")
    private @Nullable Integer threads;

    @Option(
            names = "--library",
            paramLabel = "LIBRARY",
            description =
                    "openblas (embedded), mkl, a file, or DEPENDENCY:FILE; may be repeated. Default: the embedded one, those in"
                            + " the system's library folders and those in Heddle's cache folder.")
    private List<String> libraries = List.of();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
            names = "--unsafe-setter",
            hidden = true,
            description = "Call OpenBLAS' own setter meanwhile: results may be wrong.")
    private boolean unsafeSetter;

    @Option(
            names = "--hang-seconds",
            hidden = true,
            defaultValue = "60",
            description = "No progress for so long is a hang.")
    private double hangSeconds = 60;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
            throw new ParameterException(
                    spec.commandLine(), "--seconds " + seconds + ": give more than 0, at most " + MOST_SECONDS + ".");
        }
        if (threads != null && (threads < 1 || threads > MOST_THREADS)) {
            throw new ParameterException(
                    spec.commandLine(), "--threads " + threads + ": give 1 to " + MOST_THREADS + ".");
        }
        PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
        List<StressRow> rows = new ArrayList<>();
        for (StressSettings settings : settings()) {
            System.err.println("heddle stress: " + settings.library() + ", " + settings.seconds() + " s, "
                    + settings.threads() + " threads");
            rows.add(Stress.run(settings, System.err));
        }
        out.println(json ? json(rows) : table(rows));
        return rows.stream().allMatch(StressRow::isClean) ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private List<StressSettings> settings() {
        StressLibraries known = StressLibraries.of(OpenBlas.cacheFolder(), System.getenv());
        if (libraries.isEmpty()) {
            List<StressSettings> all = new ArrayList<>();
            all.add(settings(StressSettings.EMBEDDED, List.of()));
            known.all().forEach(file -> all.add(settings(file.toString(), known.dependencies(file))));
            return all;
        }
        return libraries.stream().map(name -> settings(name, known)).toList();
    }

    private StressSettings settings(String name, StressLibraries known) {
        if (name.equals(StressSettings.EMBEDDED)) {
            return settings(name, List.of());
        }
        if (name.equals(MKL)) {
            Path file = known.mkl()
                    .orElseThrow(() ->
                            new CliException("--library mkl: there is no libmkl_rt in the system's library folders, in"
                                    + " HEDDLE_MKL or in "
                                    + OpenBlas.cacheFolder().resolve(MKL) + ". Name its file."));
            return settings(file.toString(), known.dependencies(file));
        }
        List<Path> files = Files.exists(path(name))
                ? List.of(path(name))
                : Arrays.stream(name.split(":", -1)).map(StressCommand::path).toList();
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                throw new CliException("--library " + name + ": there is no file " + file
                        + ". Name a library file, DEPENDENCY:FILE, openblas or mkl.");
            }
        }
        Path last = files.getLast();
        List<Path> dependencies = files.size() > 1 ? files.subList(0, files.size() - 1) : known.dependencies(last);
        return settings(last.toString(), dependencies);
    }

    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new CliException("--library: the name cannot be a file: " + e.getMessage(), e);
        }
    }

    private StressSettings settings(String library, List<Path> dependencies) {
        int count = threads != null
                ? threads
                : Math.clamp(4L * UsableCpus.now().count(), FEWEST_DEFAULT_THREADS, MOST_DEFAULT_THREADS);
        return new StressSettings(library, dependencies, seconds, count, hangSeconds, unsafeSetter);
    }

    private static String json(List<StressRow> rows) {
        return new GsonBuilder()
                .serializeNulls()
                .disableHtmlEscaping()
                .setPrettyPrinting()
                .create()
                .toJson(Map.of("rows", rows));
    }

    private static String table(List<StressRow> rows) {
        Table table = new Table()
                .row(
                        "version",
                        "layer",
                        "limit scope",
                        "dgemm",
                        "dgesv",
                        "limits",
                        "wrong",
                        "not held",
                        "left changed",
                        "seconds",
                        "library",
                        "outcome");
        for (StressRow row : rows) {
            table.row(
                    known(row.version()),
                    known(row.threadingLayer()),
                    known(row.limitScope()),
                    Long.toString(row.dgemm()),
                    row.lapack() || row.dgemm() == 0 ? Long.toString(row.dgesv()) : "no LAPACK",
                    Long.toString(row.limits()),
                    Long.toString(row.wrong()),
                    Long.toString(row.notHeld()),
                    Long.toString(row.leftChanged()),
                    String.format(Locale.ROOT, "%.1f", row.seconds()),
                    row.library(),
                    row.outcome());
        }
        return table.show();
    }

    private static String known(@Nullable String text) {
        return text == null ? "-" : text;
    }
}
