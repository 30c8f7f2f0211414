package io.heddle.processes.launch;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How worker JVMs are started. Pools of equal settings can share their workers.
 *
 * @param jvmOptions options for the worker's JVM after Heddle's own, so that they win; one option in each, a value after {@code =}
 * @param environment variables for the worker, which win over everything else
 * @param maxHeapBytes the worker's largest heap in bytes; 0 for Heddle's policy, see {@link HeapPolicy}
 * @param maxFrameBytes the bound on what is sent to or from a worker in one piece
 * @param startTimeout how long a worker may take until it has connected
 */
public record LaunchSettings(
        List<String> jvmOptions,
        Map<String, String> environment,
        long maxHeapBytes,
        int maxFrameBytes,
        Duration startTimeout) {
    /**
     * Made of copies.
     *
     * @throws IllegalArgumentException if an option is none, or would replace the worker's class path or main class, or a number is out of
     *     its range
     */
    public LaunchSettings {
        jvmOptions = List.copyOf(jvmOptions);
        environment = Map.copyOf(environment);
        for (String option : jvmOptions) {
            checkOption(option);
        }
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            String name = variable.getKey();
            String value = variable.getValue();
            if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "environment has the variable \"" + name
                                + "\": a name must not be empty nor have = or a null character in it, a value no null character");
            }
        }
        if (maxHeapBytes < 0) {
            throw new IllegalArgumentException(
                    "maxHeapBytes is " + maxHeapBytes + ": give a number of bytes, or 0 for Heddle's choice");
        }
        if (maxFrameBytes < 1024) {
            throw new IllegalArgumentException("maxFrameBytes is " + maxFrameBytes + ": give 1024 or more");
        }
        if (startTimeout.isNegative() || startTimeout.isZero()) {
            throw new IllegalArgumentException("startTimeout is " + startTimeout + ": give a positive duration");
        }
    }

    /*
     * Written out: a record's own equals and hashCode cost a program's first call 10 ms.
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LaunchSettings that
                && jvmOptions.equals(that.jvmOptions)
                && environment.equals(that.environment)
                && maxHeapBytes == that.maxHeapBytes
                && maxFrameBytes == that.maxFrameBytes
                && startTimeout.equals(that.startTimeout);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * jvmOptions.hashCode() + environment.hashCode()) + Long.hashCode(maxHeapBytes);
    }

    /**
     * Refuses what cannot be said to a worker's JVM.
     *
     * @throws IllegalArgumentException if it is no option, or a class path or main class
     */
    public static void checkOption(String option) {
        if (option.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("jvmOptions has \"" + option.replace("\0", "\\0")
                    + "\" with a null character, which no command line can have: give it without");
        }
        if (!option.startsWith("-") && !option.startsWith("@")) {
            throw new IllegalArgumentException("jvmOptions has \"" + option
                    + "\", which java would take for the main class: give each option as one text, with its value after \"=\", for"
                    + " instance --add-modules=java.sql");
        }
        String name = option.substring(0, option.indexOf('=') < 0 ? option.length() : option.indexOf('='));
        switch (name) {
            case "-cp", "-classpath", "--class-path", "-p", "--module-path", "-jar", "-m", "--module" ->
                throw new IllegalArgumentException("jvmOptions has \"" + option
                        + "\": a worker has the class path, module path and main class that Heddle gives it. Put what the workers need"
                        + " on your own program's class path");
            default -> {}
        }
    }
}
