package io.heddle.examples.smile;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.examples.BackendsUnderTest;
import io.heddle.examples.data.Digits;
import io.heddle.examples.ml.Dataset;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import smile.base.cart.SplitRule;
import smile.classification.KNN;
import smile.classification.RandomForest;
import smile.classification.SVM;
import smile.data.DataFrame;
import smile.data.formula.Formula;
import smile.data.vector.IntVector;
import smile.math.MathEx;
import smile.math.kernel.GaussianKernel;

/** Models of Smile, a machine learning library in Java that never heard of Heddle, on every backend by the caller's context alone. */
public class SmileTest {
    private static final Dataset DIGITS = Digits.load().first(400);

    /** Smile takes 1 and less for no seed. */
    private static final long FIRST_SEED = 1000;

    static Stream<String> backends() {
        return BackendsUnderTest.names();
    }

    @ParameterizedTest
    @MethodSource("backends")
    void findsTheBestNumberOfNeighbours(String backend) {
        SmileSearch search = new SmileSearch(SmileTest::neighbours, DIGITS.features(), DIGITS.labels(), 4);

        assertAlikeOn(backend, search, List.of(1, 3, 15));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void findsTheBestSizeOfAForest(String backend) {
        SmileSearch search = new SmileSearch(SmileTest::forest, DIGITS.features(), DIGITS.labels(), 2);

        assertAlikeOn(backend, search, List.of(2, 24));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void findsTheBestPenaltyOfASupportVectorMachine(String backend) {
        int[] evenOrOdd = new int[DIGITS.size()];
        for (int i = 0; i < evenOrOdd.length; i++) {
            evenOrOdd[i] = DIGITS.labels()[i] % 2 == 0 ? 1 : -1;
        }
        SmileSearch search = new SmileSearch(SmileTest::supportVectors, DIGITS.features(), evenOrOdd, 2);

        assertAlikeOn(backend, search, List.of(1, 10));
    }

    private static void assertAlikeOn(String backend, SmileSearch search, List<Integer> parameters) {
        List<Integer> expected;
        try (var _ = ParallelConfig.backend("sequential").open()) {
            expected = search.search(parameters);
        }
        assertThat(expected).as("samples right of %d", DIGITS.size()).anyMatch(right -> right > 0.8 * DIGITS.size());
        try (var _ = BackendsUnderTest.config(backend).jobs(2).open()) {
            assertThat(search.search(parameters)).isEqualTo(expected);
        }
    }

    private static int[] neighbours(double[][] x, int[] y, double[][] asked, int k) {
        KNN<double[]> model = KNN.fit(x, y, k);
        return Stream.of(asked).mapToInt(model::predict).toArray();
    }

    private static int[] supportVectors(double[][] x, int[] y, double[][] asked, int penalty) {
        MathEx.setSeed(1); // else each thread draws its own order of samples
        SVM<double[]> model = SVM.fit(x, y, new GaussianKernel(2), penalty, 1e-3);
        return Stream.of(asked).mapToInt(model::predict).toArray();
    }

    /** A forest grows its trees in the common pool, as wide as the machine; begun in another pool it stays in that one. */
    private static int[] forest(double[][] x, int[] y, double[][] asked, int trees) {
        try (ForkJoinPool share = new ForkJoinPool(Parallel.usableCpus())) {
            return share.submit(() -> {
                        RandomForest model = RandomForest.fit(
                                Formula.lhs("digit"),
                                DataFrame.of(x).merge(IntVector.of("digit", y)),
                                trees,
                                8, // pixels looked at for a split: the root of all
                                SplitRule.GINI,
                                20,
                                200,
                                1,
                                1.0,
                                null,
                                LongStream.range(FIRST_SEED, FIRST_SEED + trees));
                        return model.predict(DataFrame.of(asked));
                    })
                    .join();
        }
    }
}
