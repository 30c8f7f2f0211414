package io.heddle.processes.launch;

import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.wire.Connection;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A worker's process, connected. Thread-safe. */
public final class WorkerProcess implements WorkerLink {
    /** Longer than any JVM takes to write its report of a crash. */
    private static final Duration DYING = Duration.ofSeconds(10);

    private static final Duration LAST_WORDS = Duration.ofMillis(100);

    private final Connection connection;
    private final StartedProcess started;
    private final int environmentLimit;
    private final long killsBefore;
    private volatile boolean killed;

    WorkerProcess(Connection connection, StartedProcess started, int environmentLimit, long killsBefore) {
        this.connection = connection;
        this.started = started;
        this.environmentLimit = environmentLimit;
        this.killsBefore = killsBefore;
        started.closeAfterEnd(this::closeConnection);
    }

    /** The connection to it, authenticated; {@link #kill} closes it. */
    public Connection connection() {
        return connection;
    }

    @Override
    public FrameInput read() throws IOException {
        return connection.read();
    }

    @Override
    public void write(FrameOutput... frames) throws IOException {
        connection.write(frames);
    }

    @Override
    public String name() {
        return Long.toString(pid());
    }

    @Override
    public long pid() {
        return started.process().pid();
    }

    @Override
    public int environmentLimit() {
        return environmentLimit;
    }

    @Override
    public boolean isAlive() {
        return started.process().isAlive();
    }

    @Override
    public void kill() {
        if (isAlive()) {
            killed = true;
        }
        end();
    }

    @Override
    public void end() {
        started.kill();
        closeConnection();
        started.isClosed();
    }

    private void closeConnection() {
        try {
            connection.close();
        } catch (IOException e) { // closed as far as it can be
        }
    }

    @Override
    public CompletableFuture<?> onExit() {
        return started.ended().copy();
    }

    /** Waits for its end, which follows the end of its connection by some milliseconds. */
    @Override
    public TerminatedWorkerException death(String during) {
        Process process = started.process();
        if (!waitFor(process)) {
            started.kill();
            return new TerminatedWorkerException(
                    "Worker process " + pid() + " closed its connection while " + during + ", did not end within "
                            + DYING.toSeconds() + " s, and was ended" + Death.printed(started.tail(LAST_WORDS), false),
                    pid(),
                    null,
                    "SIGKILL",
                    null);
        }
        int status = process.exitValue();
        String tail = started.tail(LAST_WORDS);
        if (killed && status == 137) {
            return new Death("Heddle ended it", null, "SIGKILL", null).exception(pid(), during, tail);
        }
        boolean memoryLimit = status == 137 && MemoryGroup.OWN.killedSince(killsBefore);
        return started.death(memoryLimit, LAST_WORDS).exception(pid(), during, tail);
    }

    private static boolean waitFor(Process process) {
        long until = System.nanoTime() + DYING.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor(until - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
