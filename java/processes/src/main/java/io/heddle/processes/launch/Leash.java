package io.heddle.processes.launch;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/*
 * The shell has the standard input that this process holds open. A second shell waits for its end, which the kernel brings however this
 * process ends, and then kills the program. The first one waits for the program, so that its number is no other's until then.
 */
/** Ends a program that knows nothing of Heddle when this process ends. Where there is no shell, the program is not held. */
final class Leash {
    private static final Path SHELL = Path.of("/bin/sh");

    private static final String SCRIPT = """
            exec 3<&0 </dev/null
            "$@" 3<&- &
            program=$!
            { read -r end <&3; kill -9 $program; } >/dev/null 2>&1 &
            waiting=$!
            exec 3<&-
            wait $program
            status=$?
            kill -9 $waiting 2>/dev/null
            exit $status
            """;

    private Leash() {}

    /** What goes before a command. */
    static List<String> prefix() {
        return File.separatorChar == '/' && Files.isExecutable(SHELL)
                ? List.of(SHELL.toString(), "-c", SCRIPT, "heddle")
                : List.of();
    }

    /** Ends at once a program that was started by a command with the prefix. */
    static void end(Process process) {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // it has ended
        }
        if (prefix().isEmpty()) {
            process.destroyForcibly();
        }
    }
}
