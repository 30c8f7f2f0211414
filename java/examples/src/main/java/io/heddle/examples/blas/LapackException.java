package io.heddle.examples.blas;

/** A LAPACK routine gave an info code other than 0. */
public final class LapackException extends RuntimeException {
    private static final long serialVersionUID = 1;

    LapackException(String message) {
        super(message);
    }
}
