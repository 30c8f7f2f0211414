package io.heddle.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.benchmarks.Bounds.Bound;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchTest {
    private static final Bounds BOUNDS = new Bounds(List.of(
            new Bound("faster", "floor", 2.0, null, "a test"), new Bound("more", "uncontrolled", null, 8.0, "a test")));

    private final StringWriter errors = new StringWriter();

    @TempDir
    private Path folder;

    @Test
    void anUnknownRowIsRefusedWithTheKnownOnes() {
        assertThat(run(List.of(row("faster", 1)), "slower")).isEqualTo(2);
        assertThat(errors.toString()).contains("No row slower").contains("faster");
    }

    @Test
    void checkingARowWithoutBoundsIsRefused() {
        assertThat(run(List.of(row("other", 1), row("faster", 1)), "--check", "other"))
                .isEqualTo(2);
        assertThat(errors.toString()).contains("no bounds on other").contains("faster");
    }

    @Test
    void jsonHasTheAgreedShape() throws Exception {
        Path file = folder.resolve("rows.json");
        SequencedMap<String, Double> figures = figures(1234.567);
        figures.put("joblib", 1e9 / 3);
        Row faster = row("faster", new RowResult("faster", "µs", figures, false, "a <note>"));
        Row more = row("more", new RowResult("more", "calls/s", withoutFloor(), true, ""));

        assertThat(run(List.of(faster, more), "--json", file.toString())).isZero();

        JsonArray rows = JsonParser.parseString(Files.readString(file)).getAsJsonArray();
        JsonObject first = rows.get(0).getAsJsonObject();
        assertThat(first.keySet()).containsExactly("name", "unit", "heddle", "floor", "peers", "note");
        assertThat(first).isEqualTo(JsonParser.parseString("""
                        {"name": "faster", "unit": "µs", "heddle": 1235, "floor": 1, "peers": {"joblib": 333300000}, "note": "a <note>"}
                        """));
        JsonObject second = rows.get(1).getAsJsonObject();
        assertThat(second.get("floor").isJsonNull()).isTrue();
        assertThat(second.get("higherIsBetter").getAsBoolean()).isTrue();
    }

    @Test
    void aRowThatFailsByNoiseIsMeasuredAgainAndPasses() {
        assertThat(run(List.of(row("faster", 2.1, 2.2, 1.9)), "--check")).isZero();
    }

    @Test
    void aRowThatStaysTooSlowFails() {
        assertThat(run(List.of(row("faster", 2.1, 2.2, 2.3, 1.0)), "--check")).isEqualTo(1);
    }

    @Test
    void aFigureThatIsMissingBreaksItsBound() {
        RowResult result = new RowResult("faster", "µs", withoutFloor(), false, "");
        assertThat(BOUNDS.violations(result)).singleElement().asString().contains("no figure floor");
    }

    @Test
    void lowerBoundsHoldForRowsWhereHigherIsBetter() {
        SequencedMap<String, Double> figures = withoutFloor();
        figures.put("uncontrolled", 1 / 8.1);
        assertThat(BOUNDS.violations(new RowResult("more", "calls/s", figures, true, "")))
                .isEmpty();
        figures.put("uncontrolled", 1 / 7.9);
        assertThat(BOUNDS.violations(new RowResult("more", "calls/s", figures, true, "")))
                .singleElement()
                .asString()
                .contains("7.90 of uncontrolled, at least 8.00");
    }

    @Test
    void aBoundOverNothingHoldsForTheFigureItself() {
        Bounds ofRatio = new Bounds(List.of(new Bound("share", null, null, 0.9, "a test")));
        assertThat(ofRatio.violations(share(0.91))).isEmpty();
        assertThat(ofRatio.violations(share(0.89))).containsExactly("share: heddle is 0.89, at least 0.90 is allowed");
    }

    private static RowResult share(double heddle) {
        return new RowResult("share", "share of ideal", figures(heddle), true, "");
    }

    @Test
    void everyCommittedBoundNamesARowAndSaysWhy() {
        List<String> names = Rows.all().stream().map(Row::name).toList();
        assertThat(Bounds.committed().bounds()).isNotEmpty().allSatisfy(bound -> {
            assertThat(names).contains(bound.row());
            assertThat(bound.why()).isNotBlank();
            assertThat(bound.atMost() == null).isNotEqualTo(bound.atLeast() == null);
        });
    }

    @Test
    void everyRowSpeltInTheNotesIsThere() {
        assertThat(Rows.all())
                .extracting(Row::name)
                .contains(
                        "limit.one-library",
                        "limit.two-libraries",
                        "dispatch.threads.noop",
                        "dispatch.threads.uneven",
                        "dispatch.lazy.noop",
                        "budget.nested",
                        "call.two-tasks.threads",
                        "latency.small-beside-big",
                        "processes.noop.auto",
                        "processes.noop.range",
                        "processes.noop.single",
                        "call.two-tasks.processes",
                        "processes.first-call",
                        "processes.first-call-fresh",
                        "processes.crash-to-error",
                        "processes.next-call",
                        "processes.memory.new",
                        "processes.memory.worked",
                        "throughput.openblas-embedded.dgemm256",
                        "throughput.openblas-openmp.dsyev200")
                .doesNotHaveDuplicates();
    }

    private int run(List<Row> rows, String... arguments) {
        return new CommandLine(new Bench(rows, BOUNDS))
                .setErr(new PrintWriter(errors, true))
                .execute(arguments);
    }

    private static SequencedMap<String, Double> figures(double heddle) {
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        figures.put("heddle", heddle);
        figures.put("floor", 1.0);
        return figures;
    }

    private static SequencedMap<String, Double> withoutFloor() {
        SequencedMap<String, Double> figures = figures(1);
        figures.remove("floor");
        return figures;
    }

    /** Gives these figures of Heddle's, one each time it is measured. */
    private static Row row(String name, double... heddle) {
        return row(
                name,
                Arrays.stream(heddle)
                        .mapToObj(figure -> new RowResult(name, "µs", figures(figure), false, ""))
                        .toArray(RowResult[]::new));
    }

    private static Row row(String name, RowResult... results) {
        Iterator<RowResult> next = Arrays.asList(results).iterator();
        return new Row() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Optional<String> missing() {
                return Optional.empty();
            }

            @Override
            public RowResult measure(Measure measure) {
                return next.next();
            }
        };
    }
}
