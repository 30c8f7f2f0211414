package io.heddle.cli.stress;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import io.heddle.NativeThreads;
import io.heddle.limit.ThreadLimit;
import io.heddle.topology.WorkingThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Whether a limit of 1 holds in the work itself: a library may answer the number it was told and start more threads. */
final class OneThread {
    private static final Path OWN_TIMES = Path.of("/proc/thread-self/schedstat");
    private static final long WORK_NANOS = 200_000_000;
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    private static final int TRIES = 3;

    /** Runtimes let their threads spin after work for up to 0.2 s. */
    private static final Duration REST = Duration.ofMillis(300);

    private static final int MOST_RESTS = 10;

    /** Large enough for every library to share it out. */
    private static final int ORDER = 512;

    private OneThread() {}

    /**
     * Whether products under a limit of 1 are the work of one thread. To be called where nothing else computes in this process; what other
     * processes do does not matter.
     *
     * @return false if in each of several tries more worked
     */
    static boolean isKept(Blas blas) throws InterruptedException {
        try (Arena arena = Arena.ofConfined()) {
            Blas.Arguments arguments = blas.new Arguments(arena);
            MemorySegment ones = arena.allocate(JAVA_DOUBLE, (long) ORDER * ORDER);
            for (long i = 0; i < (long) ORDER * ORDER; i++) {
                ones.setAtIndex(JAVA_DOUBLE, i, 1);
            }
            MemorySegment result = arena.allocate(JAVA_DOUBLE, (long) ORDER * ORDER);
            return isKept(() -> arguments.multiply(ORDER, ORDER, ORDER, ones, ones, result));
        }
    }

    static boolean isKept(Runnable call) throws InterruptedException {
        try (ThreadLimit limit = NativeThreads.limit(1)) {
            for (int i = 0; i < TRIES; i++) {
                if (!isAtRest()) {
                    System.err.println(
                            "The threads that work under a limit of 1 were not counted: others spin all the time"
                                    + " (OMP_WAIT_POLICY=active, KMP_BLOCKTIME=infinite)");
                    return true;
                }
                int working = limit.countWorking(() -> repeat(call));
                if (working == 1) {
                    return true;
                }
                System.err.println("Under a limit of 1, " + working + " threads worked");
            }
            return false;
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            return true; // this kernel does not tell
        }
    }

    private static boolean isAtRest() throws InterruptedException {
        for (int i = 0; i < MOST_RESTS; i++) {
            if (!WorkingThreads.isBusy(REST)) {
                return true;
            }
        }
        return false;
    }

    private static void repeat(Runnable call) {
        long start = System.nanoTime();
        long startCpu = cpuNanos();
        while (cpuNanos() - startCpu < WORK_NANOS && System.nanoTime() - start < PATIENCE_NANOS) {
            call.run();
        }
    }

    /** The CPU time of the current thread. */
    private static long cpuNanos() {
        try {
            return Long.parseLong(Files.readString(OWN_TIMES).split(" ", 2)[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // countWorking has just read such a file
        }
    }
}
