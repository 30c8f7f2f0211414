package io.heddle.processes.failure;

import org.jspecify.annotations.Nullable;

/**
 * Stands for an exception of a task in a worker process that could not be sent as it was, or could not be read here: its class is not
 * known here, or something in it is not serialisable. It has the message, the stack trace and the causes of the original.
 */
public final class RemoteException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String originalClass;

    /**
     * Made where a worker's answer is read.
     *
     * @param originalClass the class of the original
     * @param message its message
     * @param why why it is not here itself
     */
    public RemoteException(String originalClass, @Nullable String message, String why) {
        super(originalClass + (message == null ? "" : ": " + message)
                + " [thrown in a worker process; not here itself, as " + why + "]");
        this.originalClass = originalClass;
    }

    /**
     * The class of the original.
     *
     * @return its binary name
     */
    public String originalClass() {
        return originalClass;
    }
}
