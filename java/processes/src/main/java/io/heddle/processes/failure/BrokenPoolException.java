package io.heddle.processes.failure;

/**
 * Workers cannot be had for this call: they do not start, or the initializer throws in them. The message has what they said.
 */
public final class BrokenPoolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Made where no worker came to be.
     *
     * @param message why, and what to do
     */
    public BrokenPoolException(String message) {
        super(message);
    }

    /**
     * Made where no worker came to be.
     *
     * @param message why, and what to do
     * @param cause what was thrown
     */
    public BrokenPoolException(String message, Throwable cause) {
        super(message, cause);
    }
}
