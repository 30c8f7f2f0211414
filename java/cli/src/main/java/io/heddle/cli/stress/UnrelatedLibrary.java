package io.heddle.cli.stress;

import io.heddle.ffi.NativeLibrary;
import io.heddle.ffi.NativeLibraryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Loads and closes small libraries of the C library that nobody uses: what is loaded changes while limits come and go. */
final class UnrelatedLibrary implements Runnable {
    private static final Pattern LIBC = Pattern.compile("(/.*)/libc\\.so\\.6$", Pattern.MULTILINE);
    private static final List<String> NAMES =
            List.of("libBrokenLocale.so.1", "libnss_hesiod.so.2", "libresolv.so.2", "libanl.so.1", "libutil.so.1");
    private static final long PAUSE_NANOS = 500_000;

    private final List<Path> files;
    private final AtomicLong loads = new AtomicLong();
    private volatile boolean stopped;

    UnrelatedLibrary() {
        this.files = files();
    }

    private static List<Path> files() {
        try {
            String maps = Files.readString(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1);
            Matcher libc = LIBC.matcher(maps);
            return libc.find()
                    ? NAMES.stream()
                            .map(name -> Path.of(libc.group(1), name))
                            .filter(Files::isRegularFile)
                            .filter(file -> !maps.contains("/" + file.getFileName() + "\n"))
                            .toList()
                    : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }

    @Override
    public void run() {
        while (!stopped && !files.isEmpty()) {
            loadAndClose(files.get((int) (loads.getAndIncrement() % files.size())));
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private static void loadAndClose(Path file) {
        try {
            NativeLibrary.open(file).release();
        } catch (NativeLibraryException e) {
            throw new IllegalStateException("the stress' own load failed: " + e.getMessage(), e);
        }
    }

    void stop() {
        stopped = true;
    }

    long loads() {
        return loads.get();
    }
}
