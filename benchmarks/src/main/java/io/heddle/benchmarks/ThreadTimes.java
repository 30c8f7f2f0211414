package io.heddle.benchmarks;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What Linux counts for each thread of this process (source: kernel documentation, sched-stats, "/proc/<pid>/schedstat").
 *
 * @param byThread by the name of the thread's folder
 */
record ThreadTimes(Map<String, Times> byThread) {
    private static final Path THREADS = Path.of("/proc/self/task");

    /**
     * One thread's.
     *
     * @param cpuNanos on a CPU
     * @param delayNanos ready, but waiting for one
     */
    record Times(long cpuNanos, long delayNanos) {
        static Times parse(String schedstat) {
            String[] fields = schedstat.strip().split(" ", -1);
            return new Times(Long.parseLong(fields[0]), Long.parseLong(fields[1]));
        }
    }

    static ThreadTimes now() throws IOException {
        Map<String, Times> times = new HashMap<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
            for (Path thread : threads) {
                try {
                    times.put(
                            thread.getFileName().toString(),
                            Times.parse(Files.readString(thread.resolve("schedstat"))));
                } catch (NoSuchFileException e) {
                    // ended meanwhile
                }
            }
        }
        return new ThreadTimes(times);
    }

    /** What came to that since then. */
    ThreadTimes since(ThreadTimes before) {
        Map<String, Times> since = new HashMap<>();
        byThread.forEach((thread, now) -> {
            Times then = before.byThread.getOrDefault(thread, new Times(0, 0));
            since.put(thread, new Times(now.cpuNanos - then.cpuNanos, now.delayNanos - then.delayNanos));
        });
        return new ThreadTimes(since);
    }

    /** The run delay over the CPU time of the threads that compute: those with a tenth and more of the busiest one's CPU time. */
    double delayOfComputing() {
        long most = byThread.values().stream().mapToLong(Times::cpuNanos).max().orElse(0);
        long cpu = 0;
        long delay = 0;
        for (Times times : byThread.values()) {
            if (times.cpuNanos >= most / 10) {
                cpu += times.cpuNanos;
                delay += times.delayNanos;
            }
        }
        return (double) delay / cpu;
    }
}
