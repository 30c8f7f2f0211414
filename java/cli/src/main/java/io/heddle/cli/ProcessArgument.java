package io.heddle.cli;

import io.heddle.cli.process.RunningProcess;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code PID}: the process to look at, and for how long. */
final class ProcessArgument {
    private static final double DEFAULT_SECONDS = 1;
    private static final double LEAST_SECONDS = 0.05;
    private static final double MOST_SECONDS = 3600;
    private static final double MILLIS = 1000;

    @Parameters(
            paramLabel = "PID",
            arity = "0..1",
            description = "A running process; it is read from /proc alone. Without it: a fresh JVM.")
    private @Nullable Long pid;

    @Option(names = "--seconds", description = "How long to watch the threads of PID; default 1.")
    private @Nullable Double seconds;

    /** The process, or empty where none was named. */
    Optional<RunningProcess> look(CommandSpec spec, LoadOption load) throws InterruptedException {
        double span = seconds == null ? DEFAULT_SECONDS : seconds;
        if (!(span >= LEAST_SECONDS && span <= MOST_SECONDS)) {
            throw new ParameterException(
                    spec.commandLine(), "--seconds " + span + ": give " + LEAST_SECONDS + " to " + MOST_SECONDS + ".");
        }
        if (pid == null) {
            if (seconds != null) {
                throw new ParameterException(
                        spec.commandLine(), "--seconds is how long to watch a process: give its PID, too.");
            }
            load.open();
            return Optional.empty();
        }
        if (pid < 1) {
            throw new ParameterException(spec.commandLine(), "PID " + pid + ": a process number is at least 1.");
        }
        load.refuseWith(spec, "process " + pid);
        return Optional.of(RunningProcess.look(pid, Duration.ofMillis(Math.round(span * MILLIS))));
    }
}
