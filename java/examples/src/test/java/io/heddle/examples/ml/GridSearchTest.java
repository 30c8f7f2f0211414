package io.heddle.examples.ml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.heddle.ParallelConfig;
import io.heddle.TaskFailedException;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.blas.LapackException;
import io.heddle.examples.data.Digits;
import io.heddle.openblas.OpenBlas;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GridSearchTest {
    private static final Dataset DIGITS = Digits.load();
    private static final List<Candidate> GRID =
            List.of(new Candidate(0.1, 0.001), new Candidate(0.1, 0.01), new Candidate(0.4, 1.0));

    static Stream<Classifier> classifiers() {
        Blas blas = new Blas(OpenBlas::shared);
        return Stream.of(new KernelRidge(blas), new Nystroem(blas, 200));
    }

    @Test
    void hasAllDigits() {
        assertThat(DIGITS.size()).isEqualTo(1797);
        assertThat(Arrays.stream(DIGITS.labels()).filter(label -> label == 0)).hasSize(178);
        assertThat(Arrays.stream(DIGITS.features()).flatMapToDouble(Arrays::stream))
                .allMatch(pixel -> pixel >= 0 && pixel <= 1);
    }

    @Test
    void testsEachSampleInOneFold() {
        List<Split> splits = Split.folds(103, 5);

        assertThat(splits.stream()
                        .flatMapToInt(split -> Arrays.stream(split.test()))
                        .boxed())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 103).boxed().toList());
        assertThat(splits).allSatisfy(split -> assertThat(split.train()).doesNotContain(split.test()));
    }

    @ParameterizedTest
    @MethodSource("classifiers")
    void classifiesTheDigits(Classifier classifier) {
        GridSearch.Result result = new GridSearch(classifier, DIGITS, GRID, 5).search();

        assertThat(result.accuracy()).isGreaterThanOrEqualTo(0.97);
        assertThat(result.best().gamma()).isEqualTo(0.1);
    }

    @ParameterizedTest
    @MethodSource("classifiers")
    void findsTheSameWithEveryBackend(Classifier classifier) throws Exception {
        GridSearch search = new GridSearch(classifier, DIGITS.first(500), GRID, 3);

        // One inner thread in both: the same operations in the same order.
        GridSearch.Result sequential =
                ParallelConfig.backend("sequential").innerMaxNumThreads(1).call(search::search);
        GridSearch.Result threads =
                ParallelConfig.backend("threads").jobs(3).innerMaxNumThreads(1).call(search::search);

        assertThat(threads).isEqualTo(sequential);
    }

    @Test
    void namesTheFitThatFails() {
        Classifier classifier = new KernelRidge(new Blas(OpenBlas::shared));
        List<Candidate> grid = List.of(new Candidate(0.1, 0.01), new Candidate(0.1, -5));
        GridSearch search = new GridSearch(classifier, DIGITS.first(200), grid, 2);

        assertThatThrownBy(search::search)
                .isInstanceOf(TaskFailedException.class)
                .hasMessageContaining("lambda -5.0")
                .hasCauseInstanceOf(LapackException.class);
    }
}
