package io.heddle.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.backend.ThreadsBackend;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.data.Digits;
import io.heddle.examples.ml.Candidate;
import io.heddle.examples.ml.Dataset;
import io.heddle.examples.ml.GridSearch;
import io.heddle.examples.ml.KernelRidge;
import io.heddle.openblas.OpenBlas;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The examples in the documentation of {@code joblib.parallel_backend} and {@code sklearn.utils.parallel_backend}, word for word, on every
 * backend.
 */
class SeedExamplesTest {
    private static final List<Candidate> PARAMETER_GRID = List.of(new Candidate(0.1, 0.001), new Candidate(0.4, 1.0));

    static Stream<String> backends() {
        return BackendsUnderTest.names();
    }

    /*
     * with parallel_backend("ray"):
     *     print(Parallel()(delayed(neg)(i + 1) for i in range(5)))
     * [-1, -2, -3, -4, -5]
     */
    @ParameterizedTest
    @MethodSource("backends")
    void negatesFiveNumbers(String backend) {
        try (var _ = BackendsUnderTest.config(backend).open()) {
            assertThat(Parallel.create().range(5, i -> neg(i + 1))).containsExactly(-1, -2, -3, -4, -5);
        }
    }

    /** As above, the numbers given one by one, as {@code delayed} gives them. */
    @ParameterizedTest
    @MethodSource("backends")
    void negatesFiveNumbersOfAList(String backend) {
        try (var _ = BackendsUnderTest.config(backend).open()) {
            assertThat(Parallel.create().map(List.of(1, 2, 3, 4, 5), SeedExamplesTest::neg))
                    .containsExactly(-1, -2, -3, -4, -5);
        }
    }

    /** "By default all available workers will be used (n_jobs=-1) unless the caller passes an explicit value for n_jobs." */
    @ParameterizedTest
    @MethodSource("backends")
    void takesAllWorkersUnlessJobsAreSaid(String backend) {
        int all;
        try (var _ = BackendsUnderTest.config(backend).jobs(-1).open()) {
            all = Parallel.create().effectiveJobs();
        }
        try (var _ = BackendsUnderTest.config(backend).open()) {
            assertThat(Parallel.create().effectiveJobs()).isEqualTo(all);
        }
        try (var _ = BackendsUnderTest.config(backend).jobs(1).open()) {
            assertThat(Parallel.create().effectiveJobs()).isOne();
            assertThat(Parallel.create().range(5, i -> neg(i + 1))).containsExactly(-1, -2, -3, -4, -5);
        }
    }

    /** "This limit can be overwritten with the inner_max_num_threads argument." */
    @ParameterizedTest
    @MethodSource("backends")
    void limitsTheThreadsOfAThirdPartyLibrary(String backend) {
        for (int inner : List.of(1, 2)) {
            try (var _ = BackendsUnderTest.config(backend)
                    .jobs(2)
                    .innerMaxNumThreads(inner)
                    .open()) {
                assertThat(Parallel.create().range(4, _ -> openBlasThreads())).containsOnly(inner);
            }
        }
    }

    /** "Particularly useful when calling into library code that uses joblib internally but does not expose the backend." */
    @ParameterizedTest
    @MethodSource("backends")
    void reachesCallsNestedInLibraryCode(String backend) {
        try (var _ = BackendsUnderTest.config(backend).open()) {
            assertThat(Parallel.create().range(3, i -> libraryCode(i))).containsExactly(-3, -6, -9);
        }
    }

    /** "Alternatively the backend can be passed directly as an instance." */
    @Test
    void takesABackendItself() {
        try (var backend = new ThreadsBackend();
                var _ = ParallelConfig.backend(backend).open()) {
            assertThat(Parallel.create().range(5, i -> neg(i + 1))).containsExactly(-1, -2, -3, -4, -5);
        }
    }

    /*
     * grid_search = GridSearchCV(estimator, param_grid, n_jobs=-1)
     * with joblib.parallel_backend("dask", scatter=[X, y]):
     *     grid_search.fit(X, y)
     */
    @ParameterizedTest
    @MethodSource("backends")
    void searchesAGrid(String backend) {
        Dataset data = Digits.load().first(300);
        GridSearch gridSearch = new GridSearch(new KernelRidge(new Blas(OpenBlas::shared)), data, PARAMETER_GRID, 3);

        GridSearch.Result expected;
        try (var _ =
                ParallelConfig.backend("threads").jobs(1).innerMaxNumThreads(1).open()) {
            expected = gridSearch.search();
        }
        try (var _ = BackendsUnderTest.config(backend)
                .scatter(data.features(), data.labels())
                .innerMaxNumThreads(1)
                .open()) {
            assertThat(gridSearch.search()).isEqualTo(expected);
        }
    }

    private static int neg(int i) {
        return -i;
    }

    private static int openBlasThreads() {
        return OpenBlas.shared().info().threads().orElseThrow();
    }

    private static int libraryCode(int outer) {
        return Parallel.create().range(3, _ -> neg(outer + 1)).stream()
                .mapToInt(Integer::intValue)
                .sum();
    }
}
