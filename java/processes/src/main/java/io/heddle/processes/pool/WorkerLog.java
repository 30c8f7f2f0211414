package io.heddle.processes.pool;

import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.ProtocolException;
import java.lang.System.Logger.Level;

/** Log records of workers, logged here under their own names. */
final class WorkerLog {
    private static final Level[] LEVELS = {Level.TRACE, Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR};

    private WorkerLog() {}

    static void log(String worker, FrameInput frame) throws ProtocolException {
        String logger = frame.getText();
        Level level = level(frame.getInt());
        frame.getLong(); // when: it is now
        String thread = frame.getText();
        String message = frame.getText();
        String stackTrace = frame.getString();
        try {
            System.getLogger(logger)
                    .log(
                            level,
                            "[worker " + worker + " " + thread + "] " + message
                                    + (stackTrace == null ? "" : System.lineSeparator() + stackTrace));
        } catch (RuntimeException e) {
            // the user's logging fails; his tasks need not
        }
    }

    /** The level whose severity, which is java.util.logging's number, is the highest that does not exceed a number. */
    private static Level level(int number) {
        Level found = Level.TRACE;
        for (Level level : LEVELS) {
            if (level.getSeverity() <= number) {
                found = level;
            }
        }
        return found;
    }
}
