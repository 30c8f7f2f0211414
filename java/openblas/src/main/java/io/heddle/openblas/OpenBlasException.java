package io.heddle.openblas;

import org.jspecify.annotations.Nullable;

/** OpenBLAS could not be found, unpacked or opened. The message says what was tried and what to do. */
public final class OpenBlasException extends RuntimeException {
    private static final long serialVersionUID = 1;

    OpenBlasException(String message) {
        super(message);
    }

    OpenBlasException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
