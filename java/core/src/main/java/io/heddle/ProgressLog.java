package io.heddle;

import java.util.Optional;
import java.util.OptionalLong;

/** What {@code verbosity} installs: the bar, and from 2 on lines about calls and failed tasks beside it. Thread-safe. */
final class ProgressLog implements ParallelListener {
    private static final int MOST_LINES = 2;

    private final ProgressBar bar;

    private static final class OnTerminal {
        static final ProgressLog INSTANCE = new ProgressLog(ProgressBar.onTerminal());
    }

    ProgressLog(ProgressBar bar) {
        this.bar = bar;
    }

    /**
     * The listener of a verbosity.
     *
     * @param verbosity 0 nothing, 1 the bar, 2 and more also a line for each call's start and each failed task
     * @return the same for the same verbosity; empty for 0
     * @throws IllegalArgumentException if the verbosity is negative
     */
    static Optional<ParallelListener> ofVerbosity(int verbosity) {
        if (verbosity < 0) {
            throw new IllegalArgumentException("verbosity = " + verbosity
                    + " is not a verbosity: give 0 (nothing), 1 (a progress bar), or 2 and more (also a line for each call's start and"
                    + " each failed task)");
        }
        if (verbosity == 0) {
            return Optional.empty();
        }
        return Optional.of(verbosity < MOST_LINES ? ProgressBar.onTerminal() : OnTerminal.INSTANCE);
    }

    @Override
    public void callStarted(CallStatus status) {
        if (status.nestingLevel() == 0) {
            OptionalLong total = status.total();
            bar.printLine(Progress.name(status) + ": backend " + status.backend() + ", " + status.jobs() + " jobs, "
                    + (status.innerMaxNumThreads() > 0
                            ? "inner limit " + status.innerMaxNumThreads()
                            : "no inner limit")
                    + ", " + (total.isPresent() ? total.getAsLong() + " tasks" : "tasks as they come"));
        }
        bar.callStarted(status);
    }

    @Override
    public void progressed(CallStatus status) {
        bar.progressed(status);
    }

    @Override
    public void taskFailed(CallStatus status, long taskIndex, Throwable failure, boolean retried) {
        bar.printLine(Progress.name(status) + ": task " + taskIndex
                + (retried ? " failed and is tried again: " : " failed: ") + Shown.of(failure));
        bar.taskFailed(status, taskIndex, failure, retried);
    }

    @Override
    public void callEnded(CallStatus status) {
        bar.callEnded(status);
    }
}
