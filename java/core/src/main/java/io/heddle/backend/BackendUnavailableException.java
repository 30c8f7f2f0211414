package io.heddle.backend;

/**
 * A backend that this machine cannot run: no program to start workers with, starting processes is forbidden. Thrown by
 * {@link BackendProvider#create}; the call then runs on threads, with one warning, unless {@link Constraint#SEPARATE_PROCESSES} binds it.
 */
public final class BackendUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Made by a provider.
     *
     * @param message why, and what to do about it
     */
    public BackendUnavailableException(String message) {
        super(message);
    }

    /**
     * Made by a provider.
     *
     * @param message why, and what to do about it
     * @param cause what it found
     */
    public BackendUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
