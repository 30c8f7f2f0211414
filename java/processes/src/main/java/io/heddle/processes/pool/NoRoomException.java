package io.heddle.processes.pool;

/** A worker was not to be had in time, as others use what there is: a call that has workers goes on with those. */
public final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says why, and what to do. */
    public NoRoomException(String message) {
        super(message);
    }
}
