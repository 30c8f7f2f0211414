package io.heddle.cli.process;

/** A process cannot be looked at; the message says why and what to do. */
public final class ProcessException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ProcessException(String message) {
        super(message);
    }
}
