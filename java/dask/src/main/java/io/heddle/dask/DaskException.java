package io.heddle.dask;

/** A Dask cluster cannot be used: it is not there, has no workers, is of another version, or the sidecar cannot run. Says what to do. */
public final class DaskException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /**
     * Made where a cluster cannot be used.
     *
     * @param message why, and what to do
     */
    public DaskException(String message) {
        super(message);
    }

    /**
     * Made where a cluster cannot be used.
     *
     * @param message why, and what to do
     * @param cause what was thrown
     */
    public DaskException(String message, Throwable cause) {
        super(message, cause);
    }
}
