package io.heddle.examples.ml;

import io.heddle.examples.blas.Matrix;

/** The kernel {@code exp(-gamma · |x - y|²)} out of scalar products: {@code |x - y|² = x·x + y·y - 2 x·y}. */
final class RbfKernel {
    private RbfKernel() {}

    /** In place, for the lower triangle of {@code X · Xᵀ}. */
    static void ofGram(Matrix gram, double gamma) {
        int n = gram.rows();
        double[] squares = new double[n];
        double[] row = new double[n];
        for (int i = 0; i < n; i++) {
            gram.readRow(i, row, i + 1);
            squares[i] = row[i];
            toKernel(row, i + 1, squares[i], squares, gamma);
            gram.writeRow(i, row, i + 1);
        }
    }

    /** In place, for {@code products = X · Yᵀ}. */
    static void ofProducts(Matrix products, Matrix x, Matrix y, double gamma) {
        double[] xSquares = squares(x);
        double[] ySquares = squares(y);
        double[] row = new double[products.columns()];
        for (int i = 0; i < products.rows(); i++) {
            products.readRow(i, row, row.length);
            toKernel(row, row.length, xSquares[i], ySquares, gamma);
            products.writeRow(i, row, row.length);
        }
    }

    private static void toKernel(double[] row, int count, double square, double[] squares, double gamma) {
        for (int j = 0; j < count; j++) {
            row[j] = Math.exp(-gamma * (square + squares[j] - 2 * row[j]));
        }
    }

    private static double[] squares(Matrix samples) {
        double[] squares = new double[samples.rows()];
        double[] row = new double[samples.columns()];
        for (int i = 0; i < squares.length; i++) {
            samples.readRow(i, row, row.length);
            for (double value : row) {
                squares[i] += value * value;
            }
        }
        return squares;
    }
}
