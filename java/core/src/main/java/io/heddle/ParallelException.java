package io.heddle;

/** A call could not be run to its end. The cause says why; the stack trace is the caller's. */
public class ParallelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ParallelException(String message, Throwable cause) {
        super(message, cause);
    }
}
