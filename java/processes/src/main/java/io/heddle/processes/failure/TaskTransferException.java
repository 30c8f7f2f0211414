package io.heddle.processes.failure;

/**
 * A task could not be sent to a worker process, or its result not back: something in it is not serialisable, its class is not known on the
 * other side, or a filter forbids it. The message names what, and the way to it from the task. Only this task fails; its worker lives on.
 */
public final class TaskTransferException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Made where the transfer failed.
     *
     * @param message what could not be sent or read, and what to do
     * @param cause what the serialisation threw
     */
    public TaskTransferException(String message, Throwable cause) {
        super(message, cause);
    }
}
