package io.heddle.examples.blas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.heddle.openblas.OpenBlas;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlasTest {
    private final Blas blas = new Blas(OpenBlas::shared);
    private final Random random = new Random(1);

    @Test
    void multipliesAsNaiveLoopsDo() {
        double[][] a = random(7, 5);
        double[][] b = random(5, 3);
        double[][] expected = product(a, b);
        Matrix c = new Matrix();

        blas.multiply(matrix(a), matrix(b), c);
        assertEqual(c, expected);
        blas.multiplyByTransposed(matrix(a), matrix(transposed(b)), c);
        assertEqual(c, expected);
        blas.multiplyTransposed(matrix(transposed(a)), matrix(b), c);
        assertEqual(c, expected);
    }

    @Test
    void multipliesByItsOwnTransposeInTheLowerTriangle() {
        double[][] a = random(6, 4);
        Matrix c = new Matrix();

        blas.gramOfRows(matrix(a), c);
        assertLowerEqual(c, product(a, transposed(a)));
        blas.gramOfColumns(matrix(a), c);
        assertLowerEqual(c, product(transposed(a), a));
    }

    @Test
    void solvesByCholesky() {
        int n = 40;
        double[][] a = positiveDefinite(n);
        double[][] rightSides = random(3, n);
        Matrix factor = matrix(a);
        Matrix solutions = matrix(rightSides);

        blas.factorCholesky(factor);
        blas.solveCholesky(factor, solutions);

        assertEqual(matrix(product(array(solutions), a)), rightSides);
    }

    @Test
    void findsEigenvectorsInRows() {
        int n = 30;
        double[][] a = positiveDefinite(n);
        Matrix vectors = matrix(a);
        Matrix values = new Matrix();

        blas.eigen(vectors, values, new Matrix());

        double[][] v = array(vectors);
        double[][] scaled = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                scaled[i][j] = v[i][j] * values.get(0, i);
            }
            assertThat(values.get(0, i)).isGreaterThanOrEqualTo(i == 0 ? 0 : values.get(0, i - 1));
        }
        assertEqual(matrix(product(v, a)), scaled);
    }

    @Test
    void tellsThatAMatrixIsNotPositiveDefinite() {
        Matrix a = matrix(new double[][] {{1, 2}, {2, 1}});

        assertThatThrownBy(() -> blas.factorCholesky(a))
                .isInstanceOf(LapackException.class)
                .hasMessageContaining("dpotrf(n = 2)")
                .hasMessageContaining("order 2");
    }

    @Test
    void refusesShapesThatDoNotFit() {
        assertThatThrownBy(() -> blas.multiply(matrix(random(2, 3)), matrix(random(2, 3)), new Matrix()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rows of b must equal columns of a: 2 is not 3");
    }

    @Test
    void usesTheMemoryOfAMatrixAgain() {
        Matrix matrix = new Matrix().reshape(10, 10);
        var before = matrix.memory();

        assertThat(matrix.reshape(5, 20).memory()).isSameAs(before);
        assertThat(matrix.reshape(11, 10).memory()).isNotSameAs(before);
    }

    private double[][] random(int rows, int columns) {
        double[][] a = new double[rows][columns];
        for (double[] row : a) {
            for (int j = 0; j < columns; j++) {
                row[j] = random.nextGaussian();
            }
        }
        return a;
    }

    private double[][] positiveDefinite(int n) {
        double[][] a = random(n, n);
        double[][] square = product(a, transposed(a));
        for (int i = 0; i < n; i++) {
            square[i][i] += 1;
        }
        return square;
    }

    private static double[][] product(double[][] a, double[][] b) {
        double[][] c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b[0].length; j++) {
                for (int k = 0; k < b.length; k++) {
                    c[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return c;
    }

    private static double[][] transposed(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    private static Matrix matrix(double[][] a) {
        Matrix matrix = new Matrix().reshape(a.length, a[0].length);
        for (int i = 0; i < a.length; i++) {
            matrix.writeRow(i, a[i], a[i].length);
        }
        return matrix;
    }

    private static double[][] array(Matrix matrix) {
        double[][] a = new double[matrix.rows()][matrix.columns()];
        for (int i = 0; i < a.length; i++) {
            matrix.readRow(i, a[i], a[i].length);
        }
        return a;
    }

    private static void assertEqual(Matrix actual, double[][] expected) {
        assertThat(actual.rows()).isEqualTo(expected.length);
        assertThat(actual.columns()).isEqualTo(expected[0].length);
        for (int i = 0; i < expected.length; i++) {
            for (int j = 0; j < expected[0].length; j++) {
                assertThat(actual.get(i, j)).isEqualTo(expected[i][j], within(1e-8));
            }
        }
    }

    private static void assertLowerEqual(Matrix actual, double[][] expected) {
        assertThat(actual.rows()).isEqualTo(expected.length);
        for (int i = 0; i < expected.length; i++) {
            for (int j = 0; j <= i; j++) {
                assertThat(actual.get(i, j)).isEqualTo(expected[i][j], within(1e-12));
            }
        }
    }
}
