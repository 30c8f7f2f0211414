package io.heddle.examples;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** What the libraries may use, as seen from the current thread. */
record Limits(Map<Path, OptionalInt> threads) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(10);

    static Limits now() {
        return new Limits(NativeThreads.info().stream()
                .collect(Collectors.toMap(LibraryInfo::path, LibraryInfo::threads, (first, second) -> first)));
    }

    /**
     * Waits until each library has again what it had when this was taken. After a call that was cancelled a worker may still be in
     * a native call, and gives its limit back only then.
     */
    void awaitRestored() {
        boolean interrupted = Thread.interrupted();
        try {
            long start = System.nanoTime();
            String wrong = firstNotRestored();
            while (!wrong.isEmpty()) {
                if (System.nanoTime() - start > PATIENCE.toNanos()) {
                    throw new DemoException(
                            wrong + ": its limit was not restored within " + PATIENCE.toSeconds() + " s.");
                }
                LockSupport.parkNanos(POLL.toNanos());
                interrupted |= Thread.interrupted();
                wrong = firstNotRestored();
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private String firstNotRestored() {
        Map<Path, OptionalInt> now = now().threads();
        return threads.entrySet().stream()
                .filter(library -> !library.getValue().equals(now.getOrDefault(library.getKey(), OptionalInt.empty())))
                .map(library -> library.getKey() + " had " + show(library.getValue()) + " threads and has "
                        + show(now.getOrDefault(library.getKey(), OptionalInt.empty())))
                .findFirst()
                .orElse("");
    }

    static String show() {
        List<LibraryInfo> libraries = NativeThreads.info();
        Table table = new Table().row("library", "version", "layer", "threads", "a limit affects", "file");
        for (LibraryInfo library : libraries) {
            table.row(
                    library.internalApi(),
                    library.version().orElse("unknown")
                            + library.architecture().map(name -> " " + name).orElse(""),
                    library.threadingLayer().name().toLowerCase(Locale.ROOT),
                    show(library.threads()),
                    library.limitScope() == LimitScope.PROCESS ? "the whole process" : "the calling thread",
                    library.path().toString());
        }
        return table.show();
    }

    private static String show(OptionalInt threads) {
        return threads.isPresent() ? Integer.toString(threads.getAsInt()) : "unknown";
    }
}
