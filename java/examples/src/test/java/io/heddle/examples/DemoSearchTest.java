package io.heddle.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.ParallelConfig;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.data.Digits;
import io.heddle.examples.ml.Classifier;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.GridSearch;
import io.heddle.examples.ml.KernelRidge;
import io.heddle.examples.ml.Nystroem;
import io.heddle.openblas.OpenBlas;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The search of {@code ./heddle demo}: every point of its grid, on each backend by the caller's context alone. */
@Timeout(240)
class DemoSearchTest {
    private static final int SAMPLES = 200;

    static Stream<String> backends() {
        return BackendsUnderTest.names();
    }

    @ParameterizedTest
    @MethodSource("backends")
    void findsWhatItFindsInSequence(String backend) {
        Dataset data = Digits.load().first(SAMPLES);
        Blas blas = new Blas(OpenBlas::shared);
        for (Classifier classifier : List.of(new KernelRidge(blas), new Nystroem(blas, 50))) {
            GridSearch search = Grid.search(classifier, data, -1);
            GridSearch.Result expected;
            try (var _ =
                    ParallelConfig.backend("sequential").innerMaxNumThreads(1).open()) {
                expected = search.search();
            }
            try (var _ = BackendsUnderTest.config(backend)
                    .jobs(2)
                    .innerMaxNumThreads(1) // another number rounds otherwise
                    .scatter(data.features(), data.labels())
                    .open()) {
                assertThat(search.search()).as(classifier.name()).isEqualTo(expected);
            }
        }
    }

    /** {@code ./heddle demo --backend dask}. */
    @Test
    void isWhatTheDemoShowsOnDask() throws Exception {
        Assumptions.assumeTrue(
                BackendsUnderTest.names().anyMatch("dask"::equals),
                "HEDDLE_TEST_BACKENDS does not name dask: `./heddle test --all` does");
        DemoRun.assertAnswersOn("dask");
    }
}
