package io.heddle.examples;

import io.heddle.examples.ml.Candidate;
import io.heddle.examples.ml.Classifier;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.GridSearch;
import io.heddle.examples.ml.GridSearch.Fit;
import io.heddle.examples.ml.GridSearch.Result;
import io.heddle.examples.ml.Split;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Scene 1: a grid search with cross-validation, in turns under Heddle and on plain threads. */
final class GridScene {
    private static final int FOLDS = 5;
    private static final int WARM_UP_SAMPLES = 500;

    /** Rounding differs with the number of threads: so many samples of a fold may fall to the other side. */
    private static final int TOLERATED_SAMPLES = 2;

    private final DemoSettings settings;
    private final int failAt;
    private final PrintWriter out;

    GridScene(DemoSettings settings, int failAt, PrintWriter out) {
        this.settings = settings;
        this.failAt = failAt;
        this.out = out;
    }

    private record Turn(Result result, double fitsPerSecond) {}

    void play(Dataset data, List<Classifier> classifiers) throws Exception {
        List<Candidate> grid = grid();
        out.printf(
                Locale.ROOT,
                "%nScene 1. Grid search with %d-fold cross-validation: %d points, %d fits, %d digits.%n",
                FOLDS,
                grid.size(),
                grid.size() * FOLDS,
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
            warmUp(classifier, data.first(Math.min(WARM_UP_SAMPLES, data.size())), grid);
            List<Turn> heddle = new ArrayList<>();
            List<Turn> plain = new ArrayList<>();
            List<Double> speedUps = new ArrayList<>();
            GridSearch search = new GridSearch(failing(classifier, grid), data, grid, FOLDS);
            for (int turn = 0; turn < settings.turns(); turn++) {
                heddle.add(timed(search, () -> underHeddle(search)));
                plain.add(timed(search, () -> onPlainThreads(search)));
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
                    spread(plain).show("%.1f"),
                    spread(heddle).show("%.1f"),
                    Spread.of(speedUps).show("%.2f"),
                    result.best().toString(),
                    String.format(Locale.ROOT, "%.4f", result.accuracy()),
                    agreement(heddle, plain));
        }
        out.printf("%n%s%n", table.show());
    }

    private List<Candidate> grid() {
        List<Candidate> grid = new ArrayList<>();
        for (double gamma : List.of(0.02, 0.05, 0.1, 0.2, 0.4)) {
            for (double regularisation : List.of(1e-3, 1e-2, 1e-1, 1.0)) {
                grid.add(new Candidate(gamma, regularisation));
            }
        }
        return grid;
    }

    /** The classifier itself, unless the user asked to see one of its fits fail. */
    private Classifier failing(Classifier classifier, List<Candidate> grid) {
        if (failAt < 0 || failAt >= grid.size() * FOLDS) {
            return classifier;
        }
        return new Classifier() {
            @Override
            public String name() {
                return classifier.name();
            }

            @Override
            public int countRight(Dataset data, Split split, Candidate candidate) {
                if (candidate.equals(grid.get(failAt / FOLDS)) && split.fold() == failAt % FOLDS) {
                    throw new IllegalStateException("--fail-at " + failAt + " asked for it");
                }
                return classifier.countRight(data, split, candidate);
            }
        };
    }

    /** Lets the JIT compile the Java half and the library start its threads. */
    private void warmUp(Classifier classifier, Dataset data, List<Candidate> grid) throws Exception {
        GridSearch search = new GridSearch(classifier, data, grid.subList(0, 4), FOLDS);
        onPlainThreads(search);
        underHeddle(search);
    }

    private Result underHeddle(GridSearch search) {
        Limits before = Limits.now();
        try (var _ = DemoSettings.config(settings.jobs()).open()) {
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

    private static Turn timed(GridSearch search, Callable<Result> run) throws Exception {
        long start = System.nanoTime();
        Result result = run.call();
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Turn(result, search.fits().size() / seconds);
    }

    private static Spread spread(List<Turn> turns) {
        return Spread.of(turns.stream().map(Turn::fitsPerSecond).toList());
    }

    private static String agreement(List<Turn> heddle, List<Turn> plain) {
        Result expected = plain.getFirst().result();
        List<Turn> all = new ArrayList<>(heddle);
        all.addAll(plain);
        int differing = 0;
        for (Turn turn : all) {
            for (int i = 0; i < expected.right().size(); i++) {
                int difference =
                        Math.abs(turn.result().right().get(i) - expected.right().get(i));
                if (difference > TOLERATED_SAMPLES) {
                    throw new DemoException(
                            "Fit " + i + " predicts " + turn.result().right().get(i) + " samples right in one run and "
                                    + expected.right().get(i) + " in another: the library computes wrongly.");
                }
                if (difference > 0) {
                    differing++;
                }
            }
        }
        return differing == 0 ? "yes, every fit" : "yes, but for rounding in " + differing + " fits";
    }
}
