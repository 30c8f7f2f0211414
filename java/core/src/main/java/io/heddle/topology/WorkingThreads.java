package io.heddle.topology;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells by their CPU time which threads of this process worked. Source: field 1 of {@code /proc/self/task/TID/schedstat}, nanoseconds on a
 * CPU (Linux kernel documentation, "Scheduler Statistics").
 */
public final class WorkingThreads {
    /** Beginnings of the names that HotSpot gives its own threads, cut to 15 characters by the kernel. */
    private static final List<String> OF_THE_JVM = List.of(
            "C1 CompilerThre",
            "C2 CompilerThre",
            "GC Thread",
            "G1 ",
            "Shenandoah",
            "Z",
            "VM Thread",
            "VM Periodic",
            "Reference Hand",
            "Finalizer",
            "Signal Dispatc",
            "Service Thread",
            "Monitor Deflat",
            "Common-Cleaner",
            "Notification",
            "JFR ",
            "Attach Listene");

    /** A thread that has a fourth of the busiest one's CPU time worked; waiting for the others takes far less, or all of it. */
    private static final int SHARE = 4;

    private WorkingThreads() {}

    /**
     * Runs some work and counts the threads that had a share in it.
     *
     * @param work what to run; at least 0.1 s of CPU time, while nothing else computes
     * @return the threads that worked, those of the JVM left out; at least 1
     * @throws IllegalStateException if the kernel does not tell the CPU time of threads
     */
    public static int count(Runnable work) {
        Map<Path, Long> before = cpuNanos();
        work.run();
        Map<Path, Long> worked = cpuNanos();
        worked.replaceAll((thread, now) -> now - before.getOrDefault(thread, 0L));
        long most = worked.values().stream().mapToLong(Long::longValue).max().orElse(0);
        return Math.max(1, (int) worked.values().stream()
                .filter(nanos -> nanos > 0 && nanos >= most / SHARE)
                .count());
    }

    private static Map<Path, Long> cpuNanos() {
        Map<Path, Long> nanos = new HashMap<>();
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            threads.forEach(thread -> read(thread, nanos));
        } catch (IOException | UncheckedIOException e) {
            throw noTimes(e);
        }
        if (nanos.isEmpty()) {
            throw noTimes(null);
        }
        return nanos;
    }

    private static IllegalStateException noTimes(@Nullable Exception cause) {
        return new IllegalStateException(
                "The threads that work cannot be counted: /proc/self/task/*/schedstat does not tell their CPU time (another system than"
                        + " Linux, or a kernel without scheduler statistics)",
                cause);
    }

    private static void read(Path thread, Map<Path, Long> nanos) {
        try {
            String name = Files.readString(thread.resolve("comm"));
            if (OF_THE_JVM.stream().noneMatch(name::startsWith)) {
                nanos.put(
                        thread,
                        Long.parseLong(
                                Files.readString(thread.resolve("schedstat")).split(" ", 2)[0]));
            }
        } catch (IOException | NumberFormatException e) {
            // the thread has ended
        }
    }
}
