package io.heddle.benchmarks;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures rows, prints them, writes them as JSON, and compares them with the committed bounds. */
@Command(
        name = "heddle bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures rows beside their floors and peers, all figures of a row in one run.",
        footer = {"", "Status: 0 done, 1 a bound does not hold or a row cannot be measured, 2 wrong arguments."})
final class Bench implements Callable<Integer> {
    /** A row that fails by the noise of the machine passes when it is measured again; one that got slower does not. */
    private static final int ATTEMPTS = 3;

    @Option(names = "--quick", description = "Under 15 s a row, less exact.")
    private boolean quick;

    @Option(names = "--json", paramLabel = "FILE", description = "Writes the rows to FILE as a JSON array.")
    private @Nullable Path json;

    @Option(
            names = "--check",
            description = {
                "Compares ratios within the run with the committed bounds: the rows that have bounds, measured as by --quick,"
                        + " without peers. A row that fails is measured up to twice more."
            })
    private boolean check;

    @Parameters(paramLabel = "NAME", description = "Rows; all if none is named.")
    private List<String> names = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final List<Row> rows;
    private final Bounds bounds;

    Bench(List<Row> rows, Bounds bounds) {
        this.rows = rows;
        this.bounds = bounds;
    }

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Bench(Rows.all(), Bounds.committed())).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        List<Row> chosen = chosen();
        Measure measure = check ? Measure.CHECK : quick ? Measure.QUICK : Measure.FULL;
        System.out.println(Machine.describe());
        List<RowResult> results = new ArrayList<>();
        List<String> broken = new ArrayList<>();
        for (Row row : chosen) {
            Optional<String> missing = row.missing();
            if (missing.isPresent()) {
                System.out.println(row.name() + ": left out, " + missing.get());
            } else if (check) {
                broken.addAll(checked(row, measure, results));
            } else {
                measured(row, measure, results);
            }
        }
        if (json != null) {
            write(results, json);
        }
        if (check) {
            System.out.println(
                    broken.isEmpty() ? "All bounds hold." : "Bounds broken:\n  " + String.join("\n  ", broken));
        }
        return broken.isEmpty() ? 0 : 1;
    }

    private List<Row> chosen() {
        List<String> known = rows.stream().map(Row::name).toList();
        List<String> unknown =
                names.stream().filter(name -> !known.contains(name)).toList();
        if (!unknown.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "No row " + String.join(", ", unknown) + ". Rows: " + String.join(", ", known));
        }
        List<String> unguarded =
                names.stream().filter(name -> check && !bounds.guards(name)).toList();
        if (!unguarded.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--check: no bounds on " + String.join(", ", unguarded) + ". Rows with bounds: "
                            + known.stream().filter(bounds::guards).collect(Collectors.joining(", ")));
        }
        return rows.stream()
                .filter(row -> names.isEmpty() || names.contains(row.name()))
                .filter(row -> !check || bounds.guards(row.name()))
                .toList();
    }

    private List<String> checked(Row row, Measure measure, List<RowResult> results) throws Exception {
        for (int attempt = 1; ; attempt++) {
            RowResult result = measured(row, measure, results);
            List<String> violations = bounds.violations(result);
            violations.forEach(violation -> System.out.println("    " + violation));
            if (violations.isEmpty() || attempt == ATTEMPTS) {
                return violations;
            }
            System.out.println("    measuring it again");
            results.removeLast();
        }
    }

    private static RowResult measured(Row row, Measure measure, List<RowResult> results) throws Exception {
        RowResult result = row.measure(measure);
        results.add(result);
        System.out.println(result.toText());
        return result;
    }

    private static void write(List<RowResult> results, Path file) throws IOException {
        JsonArray array = new JsonArray();
        results.forEach(result -> array.add(result.toJson()));
        Files.writeString(
                file,
                new GsonBuilder()
                                .serializeNulls()
                                .setPrettyPrinting()
                                .disableHtmlEscaping()
                                .create()
                                .toJson(array)
                        + "\n");
    }
}
