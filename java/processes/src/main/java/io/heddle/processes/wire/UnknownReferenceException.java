package io.heddle.processes.wire;

import org.jspecify.annotations.Nullable;

/** A reference to a scattered value that is not here. */
public final class UnknownReferenceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Made with the value's number and what its reading threw; null if it never came. */
    public UnknownReferenceException(long number, @Nullable Throwable why) {
        super(
                why == null
                        ? "the scattered value " + number + " is not here: its scope is closed"
                        : "the scattered value that it refers to could not be read: " + Bounded.failure(why),
                why);
    }
}
