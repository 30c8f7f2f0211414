package io.heddle.dask;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What the sidecar is told, in order, written by a thread of its own: calls tell it things while they hold locks, and it may be slow to read.
 * Thread-safe.
 */
final class SidecarInput {
    private static final System.Logger LOGGER = System.getLogger("io.heddle.dask");
    private static final Message END = new Message(List.of()); // none that is sent has no fields

    private final BlockingQueue<Message> waiting = new LinkedBlockingQueue<>();
    private volatile boolean ended;

    private SidecarInput() {}

    /** Begins with the sidecar's own modules. */
    static SidecarInput start(OutputStream to, long pid) {
        SidecarInput input = new SidecarInput();
        Thread.ofPlatform()
                .daemon()
                .name("heddle-dask-" + pid + "-input")
                .inheritInheritableThreadLocals(false)
                .start(() -> input.writeAll(to));
        return input;
    }

    void add(Message message) {
        if (!ended) {
            waiting.add(message);
        }
    }

    /** That is all: the sidecar ends when it has read it. */
    void end() {
        ended = true;
        waiting.add(END);
    }

    private void writeAll(OutputStream to) {
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(to, 1 << 16))) {
            PythonPackage.send(out);
            for (Message next = waiting.take(); !next.fields().isEmpty(); next = waiting.take()) {
                next.write(out);
                if (waiting.isEmpty()) {
                    out.flush();
                }
            }
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "The sidecar does not read", e); // its end is seen by who reads from it
        } catch (InterruptedException e) {
            LOGGER.log(Level.DEBUG, "The sidecar is told nothing more", e); // nobody does: the thread is this one's own
        } finally {
            ended = true;
            waiting.clear();
        }
    }
}
