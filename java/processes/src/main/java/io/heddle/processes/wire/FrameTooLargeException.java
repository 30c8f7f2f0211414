package io.heddle.processes.wire;

/** What was to be sent in one frame exceeds the bound on frames. */
public final class FrameTooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Made with both sizes. */
    public FrameTooLargeException(long bytes, int most) {
        super(bytes + " bytes or more are too many to be sent in one piece to or from a worker, where at most " + most
                + " are allowed: send less, split it over several tasks, or raise the option maxFrameBytes");
    }
}
