package io.heddle.examples;

import io.heddle.examples.ml.GridSearch;
import io.heddle.examples.ml.GridSearch.Result;
import java.util.List;
import java.util.concurrent.Callable;

/** One run of a search, with its time. */
record Turn(Result result, double fitsPerSecond) {
    static Turn timed(GridSearch search, Callable<Result> run) throws Exception {
        long start = System.nanoTime();
        Result result = run.call();
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Turn(result, search.fits().size() / seconds);
    }

    static Spread spread(List<Turn> turns) {
        return Spread.of(turns.stream().map(Turn::fitsPerSecond).toList());
    }
}
