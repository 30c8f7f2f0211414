package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Worker processes that a test shares with no other one. */
final class OwnWorkers implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final Duration HANG = Duration.ofSeconds(30);

    private final ProcessesBackend backend;

    private OwnWorkers(ProcessesBackend backend) {
        this.backend = backend;
    }

    /** Settings that differ from those of every other test; without spare workers, which nobody asked for. */
    static ProcessesBackend.Builder settings() {
        return ProcessesBackend.builder()
                .environment("OF_TEST", String.valueOf(NUMBERS.incrementAndGet()))
                .spareWorkers(0);
    }

    static OwnWorkers of(ProcessesBackend.Builder settings) {
        return new OwnWorkers(settings.build());
    }

    static OwnWorkers create() {
        return of(settings());
    }

    ProcessesBackend backend() {
        return backend;
    }

    Parallel jobs(int jobs) {
        return call(jobs).build();
    }

    Parallel.Builder call(int jobs) {
        return Parallel.builder().backend(backend).jobs(jobs);
    }

    /** The processes that live now. */
    Set<Long> living() {
        return new TreeSet<>(backend.workers().stream().map(WorkerInfo::pid).toList());
    }

    /** The processes that a call with some jobs has; each of them runs a task of it. */
    Set<Long> pids(int jobs) throws IOException {
        Path folder = Files.createTempDirectory("heddle-meeting-");
        try {
            String place = folder.toString();
            return new TreeSet<>(jobs(jobs).range(jobs, index -> {
                meet(Path.of(place), index, jobs);
                return pid();
            }));
        } finally {
            delete(folder);
        }
    }

    static long pid() {
        return ProcessHandle.current().pid();
    }

    /** Goes on when as many tasks are here: none of them shares its worker with another. */
    static void meet(Path folder, int who, int all) throws IOException {
        Files.createFile(folder.resolve(String.valueOf(who)));
        while (files(folder) < all) {
            pause(5);
        }
    }

    private static long files(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.count();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** Takes time, as a task does that computes; less if it is interrupted. */
    static void pause(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = end - System.nanoTime();
                left > 0 && !Thread.currentThread().isInterrupted();
                left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    static void awaitEnd(Iterable<Long> pids) {
        for (long pid : pids) {
            await().atMost(HANG).until(() -> !isAlive(pid));
        }
    }

    static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    static void kill(long pid) {
        assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    }

    @Override
    public void close() {
        List<Long> last = List.copyOf(living());
        backend.close();
        awaitEnd(last);
    }
}
