package io.heddle.examples.ml;

import io.heddle.examples.blas.Blas;
import io.heddle.examples.blas.Matrix;

/**
 * Ridge classification on Nyström features: an eigendecomposition of the kernel between a few landmarks maps every sample to
 * {@code Λ^(-1/2) Uᵀ k(x)}, and the ridge is linear in those (Williams, Seeger: Using the Nyström Method to Speed Up Kernel
 * Machines, NIPS 2000). The landmarks are the first of the shuffled training samples.
 */
public final class Nystroem implements Classifier {
    private static final long serialVersionUID = 1;

    /** Smaller eigenvalues than this part of the largest are noise, and are divided by. */
    private static final double NEGLIGIBLE = 1e-10;

    private final Blas blas;
    private final int landmarks;
    private final transient ThreadLocal<Workspace> workspaces = ThreadLocal.withInitial(Workspace::new);

    /** A classifier with a number of landmarks; fewer if there are fewer training samples. */
    public Nystroem(Blas blas, int landmarks) {
        this.blas = blas;
        this.landmarks = landmarks;
    }

    private Object readResolve() {
        return new Nystroem(blas, landmarks);
    }

    private static final class Workspace {
        final Matrix train = new Matrix();
        final Matrix test = new Matrix();
        final Matrix landmarks = new Matrix();
        final Matrix vectors = new Matrix();
        final Matrix values = new Matrix();
        final Matrix scratch = new Matrix();
        final Matrix kernel = new Matrix();
        final Matrix features = new Matrix();
        final Matrix gram = new Matrix();
        final Matrix targets = new Matrix();
        final Matrix weights = new Matrix();
        final Matrix predictions = new Matrix();
    }

    @Override
    public String name() {
        return "Nystroem, " + landmarks + " landmarks (dsyev)";
    }

    @Override
    public int countRight(Dataset data, Split split, Candidate candidate) {
        Workspace w = workspaces.get();
        double gamma = candidate.gamma();
        Samples.gather(data, split.train(), w.train);
        Samples.gather(data, split.test(), w.test);
        Samples.gatherFirst(data, split.train(), Math.min(landmarks, split.train().length), w.landmarks);

        blas.gramOfRows(w.landmarks, w.vectors);
        RbfKernel.ofGram(w.vectors, gamma);
        blas.eigen(w.vectors, w.values, w.scratch);
        scaleRows(w.vectors, w.values);

        features(w.train, gamma, w);
        blas.gramOfColumns(w.features, w.gram);
        Samples.addToDiagonal(w.gram, candidate.regularisation());
        Samples.targetsInRows(data, split.train(), w.targets);
        blas.multiply(w.targets, w.features, w.weights);
        blas.factorCholesky(w.gram);
        blas.solveCholesky(w.gram, w.weights);

        features(w.test, gamma, w);
        blas.multiplyByTransposed(w.features, w.weights, w.predictions);
        return Samples.countRight(data, split.test(), w.predictions);
    }

    private void features(Matrix samples, double gamma, Workspace w) {
        blas.multiplyByTransposed(samples, w.landmarks, w.kernel);
        RbfKernel.ofProducts(w.kernel, samples, w.landmarks, gamma);
        blas.multiplyByTransposed(w.kernel, w.vectors, w.features);
    }

    private static void scaleRows(Matrix vectors, Matrix values) {
        int n = vectors.rows();
        double least = values.get(0, n - 1) * NEGLIGIBLE;
        double[] row = new double[n];
        for (int i = 0; i < n; i++) {
            double value = values.get(0, i);
            double scale = value > least ? 1 / Math.sqrt(value) : 0;
            vectors.readRow(i, row, n);
            for (int j = 0; j < n; j++) {
                row[j] *= scale;
            }
            vectors.writeRow(i, row, n);
        }
    }
}
