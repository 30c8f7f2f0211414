package io.heddle.dask;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/** What the sidecar, and Dask in it, write to standard error: logged, and the end kept for who asks why it failed. Thread-safe. */
final class SidecarErrors {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.dask");
    private static final int KEPT_LINES = 12;
    private static final long LAST_WORDS_MILLIS = 500;

    private final Deque<String> last = new ArrayDeque<>(); // guarded by itself
    private final Thread thread;

    private SidecarErrors(InputStream from) {
        thread = Thread.ofPlatform()
                .daemon()
                .name("heddle-dask-errors")
                .inheritInheritableThreadLocals(false)
                .unstarted(() -> readAll(from));
    }

    static SidecarErrors start(InputStream from) {
        SidecarErrors errors = new SidecarErrors(from);
        errors.thread.start();
        return errors;
    }

    private void readAll(InputStream from) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                LOGGER.log(Level.DEBUG, line);
                synchronized (last) {
                    if (last.size() == KEPT_LINES) {
                        last.removeFirst();
                    }
                    last.addLast(line);
                }
            }
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "The sidecar's standard error cannot be read", e);
        }
    }

    /** The end of what it wrote, for the end of a message; of one that has ended, all that it wrote. */
    String told() {
        boolean interrupted = Thread.interrupted();
        try {
            thread.join(LAST_WORDS_MILLIS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        synchronized (last) {
            return last.isEmpty() ? "" : "\nThe end of its standard error:\n" + String.join("\n", last);
        }
    }
}
