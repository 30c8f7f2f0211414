package io.heddle.processes.failure;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A worker died while it had tasks: its process crashed in native code, was killed, or a task ended its JVM. The message says how as far as
 * that can be known, with the end of what the worker wrote to its standard error. Other workers live on, and the next call has a new one.
 */
public final class TerminatedWorkerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long pid;
    private final @Nullable Integer exitCode;
    private final @Nullable String signal;
    private final @Nullable String errorFile;

    /**
     * Made where a worker's death is seen.
     *
     * @param message how it died
     * @param pid its process number
     * @param exitCode its exit code; null where a signal ended it or that is not known
     * @param signal the signal that ended it, for instance {@code SIGSEGV}; null for none
     * @param errorFile the JVM's report of a crash ({@code hs_err_pid…log}); null for none
     */
    public TerminatedWorkerException(
            String message, long pid, @Nullable Integer exitCode, @Nullable String signal, @Nullable Path errorFile) {
        super(message);
        this.pid = pid;
        this.exitCode = exitCode;
        this.signal = signal;
        this.errorFile = errorFile == null ? null : errorFile.toString();
    }

    /**
     * The worker's process number, on the machine where it ran.
     *
     * @return which is another's perhaps by now
     */
    public long pid() {
        return pid;
    }

    /**
     * The exit code of a worker that ended itself.
     *
     * @return empty where a signal ended it
     */
    public OptionalInt exitCode() {
        return exitCode == null ? OptionalInt.empty() : OptionalInt.of(exitCode);
    }

    /**
     * The signal that ended the worker.
     *
     * @return its name, for instance {@code SIGKILL}; empty where it ended itself
     */
    public Optional<String> signal() {
        return Optional.ofNullable(signal);
    }

    /**
     * What the JVM wrote about its crash.
     *
     * @return the file, which Heddle leaves where it is; empty where there is none
     */
    public Optional<Path> errorFile() {
        return Optional.ofNullable(errorFile).map(Path::of);
    }
}
