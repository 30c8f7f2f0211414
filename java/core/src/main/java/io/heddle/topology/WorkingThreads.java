package io.heddle.topology;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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

    private static final Path SELF = Path.of("/proc/self");
    private static final long NANOS_PER_TICK = 10_000_000; // USER_HZ is 100 for every architecture that runs a JVM

    private WorkingThreads() {}

    /**
     * Runs some work and counts the threads that had a share in it. Those that end before it does, as in a BLIS that starts its threads anew
     * for each call, are counted by the CPU time that they leave behind.
     *
     * @param work what to run; at least 0.1 s of CPU time, while nothing else computes
     * @return the threads that worked, those of the JVM left out; at least 1
     * @throws IllegalStateException if the kernel does not tell the CPU time of threads
     */
    public static int count(Runnable work) {
        Map<Path, Long> before = cpuNanos();
        long processBefore = processCpuNanos();
        work.run();
        long process = processCpuNanos() - processBefore;
        Map<Path, Long> worked = cpuNanos();
        worked.replaceAll((thread, now) -> now - before.getOrDefault(thread, 0L));
        long gone = process - sum(worked);
        worked.keySet().removeIf(WorkingThreads::isOfTheJvm);
        long most = worked.values().stream().mapToLong(Long::longValue).max().orElse(0);
        long there = worked.values().stream()
                .filter(nanos -> nanos > 0 && nanos >= most / SHARE)
                .count();
        long ended = most == 0 ? 0 : Math.round((double) Math.max(0, gone) / most);
        return (int) Math.max(1, there + ended);
    }

    /**
     * Whether this process computes: takes half a CPU's time at least.
     *
     * @param window how long to look
     * @return true if it does
     * @throws InterruptedException if the calling thread is interrupted
     * @throws IllegalStateException if the kernel does not tell the CPU time of threads
     */
    public static boolean isBusy(Duration window) throws InterruptedException {
        long before = sum(cpuNanos());
        long start = System.nanoTime();
        TimeUnit.NANOSECONDS.sleep(window.toNanos());
        long used = sum(cpuNanos()) - before;
        return used > (System.nanoTime() - start) / 2;
    }

    private static long sum(Map<Path, Long> nanos) {
        return nanos.values().stream().mapToLong(Long::longValue).sum();
    }

    private static Map<Path, Long> cpuNanos() {
        Map<Path, Long> nanos = new HashMap<>();
        try (Stream<Path> threads = Files.list(SELF.resolve("task"))) {
            threads.forEach(thread -> read(thread, nanos));
        } catch (IOException | UncheckedIOException e) {
            throw noTimes(e);
        }
        if (nanos.isEmpty()) {
            throw noTimes(null);
        }
        return nanos;
    }

    /** Of all threads, those that have ended too, in steps of a hundredth of a second. */
    private static long processCpuNanos() {
        try {
            String stat = Files.readString(SELF.resolve("stat")); // pid (name) state …; see proc_pid_stat(5)
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * NANOS_PER_TICK; // utime, stime
        } catch (IOException e) {
            throw noTimes(e);
        }
    }

    private static boolean isOfTheJvm(Path thread) {
        try {
            String name = Files.readString(thread.resolve("comm"));
            return OF_THE_JVM.stream().anyMatch(name::startsWith);
        } catch (IOException e) {
            return false; // it has just ended
        }
    }

    private static IllegalStateException noTimes(@Nullable Exception cause) {
        return new IllegalStateException(
                "The threads that work cannot be counted: /proc/self/task/*/schedstat does not tell their CPU time (another system than"
                        + " Linux, or a kernel without scheduler statistics)",
                cause);
    }

    private static void read(Path thread, Map<Path, Long> nanos) {
        try {
            nanos.put(
                    thread,
                    Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ", 2)[0]));
        } catch (IOException | NumberFormatException e) {
            // the thread has ended
        }
    }
}
