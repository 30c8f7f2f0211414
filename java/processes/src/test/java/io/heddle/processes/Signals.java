package io.heddle.processes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What processes tell each other by files: there or not. */
final class Signals {
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private Signals() {}

    static void give(String file) {
        try {
            Files.createFile(Path.of(file));
        } catch (FileAlreadyExistsException e) {
            // given before
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean isGiven(String file) {
        return Files.exists(Path.of(file));
    }

    /** Waits, whatever interrupts. */
    static void await(String file) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!isGiven(file)) {
            if (System.nanoTime() - end > 0) {
                throw new IllegalStateException("no signal " + file);
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
