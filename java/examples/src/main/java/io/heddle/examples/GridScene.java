package io.heddle.examples;

import io.heddle.examples.ml.Classifier;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.GridSearch;
import io.heddle.examples.ml.GridSearch.Fit;
import io.heddle.examples.ml.GridSearch.Result;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** Scene 1: a grid search with cross-validation, in turns under Heddle and on plain threads. */
final class GridScene {
    private final DemoSettings settings;
    private final int failAt;
    private final PrintWriter out;

    GridScene(DemoSettings settings, int failAt, PrintWriter out) {
        this.settings = settings;
        this.failAt = failAt;
        this.out = out;
    }

    void play(Dataset data, List<Classifier> classifiers) throws Exception {
        out.printf(
                Locale.ROOT,
                "%nScene 1. Grid search with %d-fold cross-validation: %d points, %d fits, %d digits.%n",
                Grid.FOLDS,
                Grid.points().size(),
                Grid.fits(),
                data.size());
        out.println(
                "Expect little where one big product (dgemm) keeps every CPU busy by itself, and more where calls are"
                        + " short or wait for each other (dpotrf, dsyev).");
        Table table = new Table()
                .row(
                        "classifier",
                        "plain fits/s",
                        "Heddle fits/s",
                        "speed-up",
                        "best point",
                        "accuracy",
                        "same answer");
        for (Classifier classifier : classifiers) {
            warmUp(Grid.warmUp(classifier, Grid.warmUp(data)));
            List<Turn> heddle = new ArrayList<>();
            List<Turn> plain = new ArrayList<>();
            List<Double> speedUps = new ArrayList<>();
            GridSearch search = Grid.search(classifier, data, failAt);
            for (int turn = 0; turn < settings.turns(); turn++) {
                heddle.add(Turn.timed(search, () -> underHeddle(search)));
                plain.add(Turn.timed(search, () -> onPlainThreads(search)));
                speedUps.add(heddle.getLast().fitsPerSecond() / plain.getLast().fitsPerSecond());
                out.printf(
                        Locale.ROOT,
                        "  turn %d of %d, %s: Heddle %.1f fits/s, plain %.1f fits/s%n",
                        turn + 1,
                        settings.turns(),
                        classifier.name(),
                        heddle.getLast().fitsPerSecond(),
                        plain.getLast().fitsPerSecond());
                out.flush();
            }
            Result result = heddle.getFirst().result();
            table.row(
                    classifier.name(),
                    Turn.spread(plain).show("%.1f"),
                    Turn.spread(heddle).show("%.1f"),
                    Spread.of(speedUps).show("%.2f"),
                    result.best().toString(),
                    String.format(Locale.ROOT, "%.4f", result.accuracy()),
                    Agreement.of(Stream.concat(plain.stream(), heddle.stream())
                            .map(Turn::result)
                            .toList()));
        }
        out.printf("%n%s%n", table.show());
    }

    private void warmUp(GridSearch search) throws Exception {
        onPlainThreads(search);
        underHeddle(search);
    }

    private Result underHeddle(GridSearch search) {
        Limits before = Limits.now();
        try (var _ = settings.backend().config(settings.jobs()).open()) {
            return search.search();
        } finally {
            before.awaitRestored();
        }
    }

    private Result onPlainThreads(GridSearch search) throws InterruptedException {
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (Fit fit : search.fits()) {
            tasks.add(() -> search.countRight(fit));
        }
        return search.result(PlainThreads.run(settings.jobs(), tasks));
    }
}
