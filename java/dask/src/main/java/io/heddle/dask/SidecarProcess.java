package io.heddle.dask;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A sidecar's Python process: what is said to it and by it, and its end. Thread-safe. */
final class SidecarProcess {
    /** How long one that was told to leave may take. */
    static final Duration LEAVE_TIME = Duration.ofSeconds(15);

    private static final System.Logger LOGGER = System.getLogger("io.heddle.dask");

    private final String python;
    private final Process process;
    private final SidecarErrors errors;
    private final SidecarInput input;

    /** Who hears it; on one thread, which must not wait long. */
    interface Listener {
        void told(Message message);

        /** Nothing more is heard. */
        void ended(String why);
    }

    /**
     * Starts one, and sends it its own modules.
     *
     * @throws DaskException if there is no such program
     */
    SidecarProcess(String python) {
        this.python = python;
        try {
            process = new ProcessBuilder(python, "-c", PythonPackage.bootstrap()).start();
        } catch (IOException e) {
            throw new DaskException(
                    "The sidecar of the backend dask cannot be started: " + e.getMessage() + ". "
                            + PythonPackage.ADVICE,
                    e);
        }
        errors = SidecarErrors.start(process.getErrorStream());
        input = SidecarInput.start(process.getOutputStream(), process.pid());
    }

    /** Passes on what it says; once. */
    void listen(Listener listener) {
        daemon("heddle-dask-" + process.pid(), () -> readAll(listener));
    }

    private static void daemon(String name, Runnable what) {
        Thread.ofPlatform()
                .daemon()
                .name(name)
                .inheritInheritableThreadLocals(false)
                .start(what);
    }

    /** Says something to it, after all that was said before. Waits for nothing. */
    void tell(Message message) {
        input.add(message);
    }

    void tell(String... texts) {
        tell(Message.of(texts));
    }

    private void readAll(Listener listener) {
        String why = "Heddle's sidecar (" + python + ", process " + process.pid() + ") has ended";
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(process.getInputStream(), 1 << 16))) {
            while (true) {
                Message message = Message.read(in);
                if (message.kind().equals("broken")) {
                    why = message.text(1);
                } else {
                    listener.told(message);
                }
            }
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "The sidecar has ended", e);
        } catch (RuntimeException e) {
            LOGGER.log(Level.WARNING, "The sidecar of the backend dask is ended: what it says is not understood", e);
            kill();
        }
        input.end();
        listener.ended(why);
    }

    /** The end of what it wrote to standard error, for the end of a message. */
    String lastWords() {
        return errors.told();
    }

    /** Lets it end, which it does when it has read all that was said to it, and sees to it that it does. Waits for nothing. */
    void leave() {
        input.end();
        daemon("heddle-dask-end", () -> {
            try {
                if (!process.waitFor(LEAVE_TIME.toMillis(), TimeUnit.MILLISECONDS)) {
                    kill();
                }
            } catch (InterruptedException e) { // nobody does: the thread is this one's own
                kill();
            }
        });
    }

    /** Ends it at once, and the Dask processes of a local cluster, which it has no time to end itself. */
    void kill() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
    }
}
