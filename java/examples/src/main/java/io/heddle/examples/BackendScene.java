package io.heddle.examples;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.ml.Classifier;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.GridSearch;
import io.heddle.examples.ml.GridSearch.Result;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The scene of {@code --backend}: one grid search on threads and on another backend, chosen by the caller's context alone. */
final class BackendScene {
    private final DemoSettings settings;
    private final BackendChoice threads = new BackendChoice(BackendChoice.THREADS, null);
    private final int failAt;
    private final PrintWriter out;

    BackendScene(DemoSettings settings, int failAt, PrintWriter out) {
        this.settings = settings;
        this.failAt = failAt;
        this.out = out;
    }

    void play(Dataset data, List<Classifier> classifiers, Blas blas) throws Exception {
        out.printf(
                Locale.ROOT,
                "%nThe same grid search on threads and on %s: %d points, %d-fold cross-validation, %d fits, %d digits.%n",
                settings.backend().name(),
                Grid.points().size(),
                Grid.FOLDS,
                Grid.fits(),
                data.size());
        out.printf(Locale.ROOT, "  first call, of %d tasks: %.2f s%n", settings.jobs(), secondsOfFirstCall());
        Table table = new Table()
                .row("classifier", "backend", "fits/s", "best point", "accuracy", "same answer as on threads");
        for (Classifier classifier : classifiers) {
            compare(classifier, data, table);
        }
        out.printf("%n%s%n%n%s%n", table.show(), workers(blas));
    }

    private void compare(Classifier classifier, Dataset data, Table table) throws Exception {
        Dataset less = Grid.warmUp(data);
        search(threads, less, Grid.warmUp(classifier, less));
        search(settings.backend(), less, Grid.warmUp(classifier, less));
        GridSearch search = Grid.search(classifier, data, failAt);
        List<Turn> here = new ArrayList<>();
        List<Turn> there = new ArrayList<>();
        for (int turn = 0; turn < settings.turns(); turn++) {
            here.add(Turn.timed(search, () -> search(threads, data, search)));
            there.add(Turn.timed(search, () -> search(settings.backend(), data, search)));
            out.printf(
                    Locale.ROOT,
                    "  turn %d of %d, %s: threads %.1f fits/s, %s %.1f fits/s%n",
                    turn + 1,
                    settings.turns(),
                    classifier.name(),
                    here.getLast().fitsPerSecond(),
                    settings.backend().name(),
                    there.getLast().fitsPerSecond());
            out.flush();
        }
        addRow(table, classifier, threads, here, "");
        addRow(
                table,
                classifier,
                settings.backend(),
                there,
                Agreement.of(Stream.concat(here.stream(), there.stream())
                        .map(Turn::result)
                        .toList()));
    }

    private static void addRow(
            Table table, Classifier classifier, BackendChoice backend, List<Turn> turns, String agreement) {
        Result result = turns.getFirst().result();
        table.row(
                classifier.name(),
                backend.name(),
                Turn.spread(turns).show("%.1f"),
                result.best().toString(),
                String.format(Locale.ROOT, "%.4f", result.accuracy()),
                agreement);
    }

    /** All that the caller says; the library is called the same on every backend. */
    private Result search(BackendChoice backend, Dataset data, GridSearch search) {
        Limits before = Limits.now();
        try (var _ = config(backend).scatter(data.features(), data.labels()).open()) {
            return search.search();
        } finally {
            before.awaitRestored();
        }
    }

    private ParallelConfig config(BackendChoice backend) {
        return backend.config(settings.jobs());
    }

    private double secondsOfFirstCall() {
        long start = System.nanoTime();
        try (var _ = config(settings.backend()).open()) {
            Parallel.create().range(settings.jobs(), index -> index);
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private String workers(Blas blas) {
        Table table =
                new Table().row("backend", "worker", "process", "tasks", "inner limit, as told", "threads that worked");
        for (BackendChoice backend : List.of(threads, settings.backend())) {
            try (var _ = config(backend).open()) {
                List<WorkerView> views = WorkerView.ofEach(blas);
                views.stream()
                        .distinct()
                        .sorted(WorkerView.ORDER)
                        .forEach(view -> table.row(
                                backend.name(),
                                view.worker(),
                                view.process() == ProcessHandle.current().pid()
                                        ? "this one"
                                        : Long.toString(view.process()),
                                Long.toString(
                                        views.stream().filter(view::equals).count()),
                                view.limit(),
                                Integer.toString(view.working())));
            }
        }
        return table.show();
    }
}
