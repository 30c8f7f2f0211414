package io.heddle.examples.ml;

import io.heddle.examples.blas.Blas;
import io.heddle.examples.blas.Matrix;

/**
 * Kernel ridge classification, exact: {@code (K + λI) α = Y} by Cholesky, one column of Y for each class, the largest of the
 * predictions wins (Saunders, Gammerman, Vovk: Ridge Regression Learning Algorithm in Dual Variables, ICML 1998).
 */
public final class KernelRidge implements Classifier {
    private static final long serialVersionUID = 1;

    private final Blas blas;
    private final transient ThreadLocal<Workspace> workspaces = ThreadLocal.withInitial(Workspace::new);

    public KernelRidge(Blas blas) {
        this.blas = blas;
    }

    private Object readResolve() {
        return new KernelRidge(blas);
    }

    private static final class Workspace {
        final Matrix train = new Matrix();
        final Matrix test = new Matrix();
        final Matrix kernel = new Matrix();
        final Matrix testKernel = new Matrix();
        final Matrix weights = new Matrix();
        final Matrix predictions = new Matrix();
    }

    @Override
    public String name() {
        return "kernel ridge (dsyrk, dpotrf)";
    }

    @Override
    public int countRight(Dataset data, Split split, Candidate candidate) {
        Workspace w = workspaces.get();
        Samples.gather(data, split.train(), w.train);
        Samples.gather(data, split.test(), w.test);

        blas.gramOfRows(w.train, w.kernel);
        RbfKernel.ofGram(w.kernel, candidate.gamma());
        Samples.addToDiagonal(w.kernel, candidate.regularisation());
        Samples.targetsInRows(data, split.train(), w.weights);
        blas.factorCholesky(w.kernel);
        blas.solveCholesky(w.kernel, w.weights);

        blas.multiplyByTransposed(w.test, w.train, w.testKernel);
        RbfKernel.ofProducts(w.testKernel, w.test, w.train, candidate.gamma());
        blas.multiplyByTransposed(w.testKernel, w.weights, w.predictions);
        return Samples.countRight(data, split.test(), w.predictions);
    }
}
