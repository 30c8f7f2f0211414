package io.heddle.examples.ml;

import io.heddle.examples.blas.Matrix;

/** From a data set into matrices and back. */
final class Samples {
    private Samples() {}

    static void gather(Dataset data, int[] indices, Matrix into) {
        gatherFirst(data, indices, indices.length, into);
    }

    static void gatherFirst(Dataset data, int[] indices, int count, Matrix into) {
        int width = data.features()[0].length;
        into.reshape(count, width);
        for (int i = 0; i < count; i++) {
            into.writeRow(i, data.features()[indices[i]], width);
        }
    }

    /** One row for each class: 1 for its members, -1 for the others. */
    static void targetsInRows(Dataset data, int[] indices, Matrix into) {
        into.reshape(data.classes(), indices.length);
        double[] row = new double[indices.length];
        for (int c = 0; c < data.classes(); c++) {
            for (int i = 0; i < indices.length; i++) {
                row[i] = data.labels()[indices[i]] == c ? 1 : -1;
            }
            into.writeRow(c, row, row.length);
        }
    }

    static void addToDiagonal(Matrix square, double value) {
        for (int i = 0; i < square.rows(); i++) {
            square.set(i, i, square.get(i, i) + value);
        }
    }

    /** The predicted class is the column of the largest value in a sample's row. */
    static int countRight(Dataset data, int[] indices, Matrix predictions) {
        int right = 0;
        double[] row = new double[predictions.columns()];
        for (int i = 0; i < indices.length; i++) {
            predictions.readRow(i, row, row.length);
            int best = 0;
            for (int c = 1; c < row.length; c++) {
                if (row[c] > row[best]) {
                    best = c;
                }
            }
            if (best == data.labels()[indices[i]]) {
                right++;
            }
        }
        return right;
    }
}
