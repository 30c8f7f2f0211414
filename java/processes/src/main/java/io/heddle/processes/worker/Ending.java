package io.heddle.processes.worker;

import io.heddle.processes.wire.ProtocolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * Even Runtime.halt runs what native libraries registered by atexit, and OpenBLAS has been seen to hang there. Only SIGKILL ends a process
 * for sure, and without native calls of our own another process must send it. So each way out has that as its second. Neither waits for the
 * other: on a busy machine a shell takes long to start.
 */
/** The ways in which a worker process ends itself. Any thread. */
final class Ending implements WorkerHost {
    static final Ending OF_PROCESS = new Ending();

    static final int BROKEN = 3;
    private static final long PATIENCE_MILLIS = 500;
    private static final long EXIT_PATIENCE_MILLIS = 2000;

    private static final int RESERVE_BYTES = 1 << 18;

    @SuppressWarnings("UnusedVariable") // it is there to be let go
    private static volatile byte @Nullable [] reserve =
            new byte[RESERVE_BYTES]; // for the last words of a process without memory

    private static volatile @Nullable Path unclaimed;

    private Ending() {}

    /** The socket is this worker's to delete from now on, if the parent does not live to do it. */
    static void unclaimedSocket(Path socket) {
        unclaimed = socket;
    }

    /** The parent has deleted the socket. */
    static void socketClaimed() {
        unclaimed = null;
    }

    /** Ends at once. */
    @Override
    public void callerGone() {
        deleteSocket();
        kill();
        Runtime.getRuntime().halt(1);
    }

    /** Reading or writing failed: the parent has gone, or speaks another language. */
    static void connectionLost(WorkerHost host, IOException why) {
        if (why instanceof ProtocolException) {
            host.broken(why);
        } else {
            host.callerGone();
        }
    }

    /** Told on standard error, which the parent reads. */
    @Override
    public void broken(Throwable why) {
        reserve = null;
        killAfter(PATIENCE_MILLIS);
        try {
            System.err.println("Heddle's worker process ends, as it cannot go on:");
            why.printStackTrace();
        } finally {
            deleteSocket();
            Runtime.getRuntime().halt(BROKEN);
        }
    }

    /** Shutdown hooks run, for a while. */
    @Override
    public void exit(int code) {
        killAfter(EXIT_PATIENCE_MILLIS);
        Thread exit = new Thread(null, null, "heddle-exit", 0, false) {
            @Override
            public void run() {
                System.exit(code);
            }
        };
        exit.start();
    }

    private static void killAfter(long millis) {
        try {
            Thread killer = new Thread(null, null, "heddle-killer", 0, false) {
                @Override
                public void run() {
                    waitFor(millis);
                    kill();
                    Runtime.getRuntime().halt(1);
                }
            };
            killer.setDaemon(true);
            killer.start();
        } catch (OutOfMemoryError e) {
            // no thread to be had; the end comes without a second way
        }
    }

    /** By the shell's own kill: the program of that name is not everywhere. A shell that comes too late finds another parent, and does nothing. */
    private static void kill() {
        long pid = ProcessStatus.pid();
        try {
            new ProcessBuilder("/bin/sh", "-c", "[ $PPID = " + pid + " ] && kill -9 " + pid)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            // the second way follows
        }
    }

    private static void waitFor(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        CountDownLatch never = new CountDownLatch(1);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            try {
                if (never.await(left, TimeUnit.NANOSECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                // by user code; the end comes all the same
            }
        }
    }

    private static void deleteSocket() {
        Path socket = unclaimed;
        if (socket == null) {
            return;
        }
        try {
            Files.deleteIfExists(socket);
            Path folder = socket.getParent();
            if (folder != null) {
                Files.deleteIfExists(folder); // only if nothing else is in it
            }
        } catch (IOException | RuntimeException e) {
            // the parent was quicker, or it is not ours
        }
    }
}
