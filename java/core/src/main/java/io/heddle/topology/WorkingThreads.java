package io.heddle.topology;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells by their CPU time which threads of this process worked. Source: {@code /proc/self/task/TID/schedstat}, nanoseconds on a CPU and
 * nanoseconds spent waiting for one (Linux kernel documentation, "Scheduler Statistics").
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

    private static final Path TASKS = Path.of("/proc/self/task");

    private WorkingThreads() {}

    /**
     * Runs some work and counts the threads that had a share in it: by their CPU time those that are there at its end, and those that came
     * and went meanwhile, as in a BLIS that starts its threads anew for each call, by how many there were at once.
     *
     * @param work what to run; at least 0.1 s of CPU time, while nothing else computes
     * @return the threads that worked, those of the JVM left out; at least 1
     * @throws IllegalStateException if the kernel does not tell the CPU time of threads
     */
    public static int count(Runnable work) {
        Map<Path, Long> before = cpuNanos();
        Map<Path, Long> worked;
        int ended;
        try (Watch watch = new Watch(before.keySet())) {
            work.run();
            worked = cpuNanos();
            worked.keySet().removeIf(thread -> isNamed(thread, Watch.NAME));
            ended = watch.mostThatEnded(worked.keySet());
        }
        worked.replaceAll((thread, now) -> now - before.getOrDefault(thread, 0L));
        worked.keySet().removeIf(WorkingThreads::isOfTheJvm);
        long most = worked.values().stream().mapToLong(Long::longValue).max().orElse(0);
        long there = worked.values().stream()
                .filter(nanos -> nanos > 0 && nanos >= most / SHARE)
                .count();
        return (int) Math.max(1, there + ended);
    }

    /** Looks again and again at the threads that are new. */
    private static final class Watch implements AutoCloseable {
        private static final String NAME = "heddle-watch";
        private static final long PERIOD_NANOS = 500_000;

        private final Set<Path> old;
        private final Thread watcher;
        private volatile boolean watching = true;
        private volatile Set<Path> most = Set.of();

        Watch(Set<Path> old) {
            this.old = old;
            this.watcher = Thread.ofPlatform().name(NAME).daemon().start(this::watch);
        }

        private void watch() {
            while (watching) {
                Set<Path> now = newThreads();
                if (now.size() > most.size()) {
                    most = now;
                }
                LockSupport.parkNanos(PERIOD_NANOS);
            }
        }

        private Set<Path> newThreads() {
            try (Stream<Path> threads = Files.list(TASKS)) {
                return threads.filter(thread -> !old.contains(thread) && !isOfTheJvm(thread) && !isNamed(thread, NAME))
                        .collect(Collectors.toSet());
            } catch (IOException | UncheckedIOException e) {
                return Set.of();
            }
        }

        /** Those that were there in the end are counted by their CPU time: one that is ending is in one of the counts. */
        int mostThatEnded(Set<Path> thereInTheEnd) {
            Set<Path> gone = new HashSet<>(most);
            gone.removeAll(thereInTheEnd);
            gone.removeIf(Files::exists); // come since, or one of the JVM's that has got its name since
            return gone.size();
        }

        @Override
        public void close() {
            watching = false;
            boolean interrupted = false;
            while (true) {
                try {
                    watcher.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true; // it ends within a period
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Whether this process computes: its threads run, or wait for a CPU, half of the time at least.
     *
     * @param window how long to look
     * @return true if it does
     * @throws InterruptedException if the calling thread is interrupted
     * @throws IllegalStateException if the kernel does not tell the CPU time of threads
     */
    public static boolean isBusy(Duration window) throws InterruptedException {
        Map<Path, Long> before = nanos(2);
        long start = System.nanoTime();
        TimeUnit.NANOSECONDS.sleep(window.toNanos());
        Map<Path, Long> runnable = nanos(2);
        long sum = runnable.entrySet().stream()
                .mapToLong(thread -> thread.getValue() - before.getOrDefault(thread.getKey(), 0L))
                .sum();
        return sum > (System.nanoTime() - start) / 2;
    }

    private static Map<Path, Long> cpuNanos() {
        return nanos(1);
    }

    /** Of each thread the sum of the first fields of schedstat: the time on a CPU, and the time it waited for one. */
    private static Map<Path, Long> nanos(int fields) {
        Map<Path, Long> nanos = new HashMap<>();
        try (Stream<Path> threads = Files.list(TASKS)) {
            threads.forEach(thread -> read(thread, fields, nanos));
        } catch (IOException | UncheckedIOException e) {
            throw noTimes(e);
        }
        if (nanos.isEmpty()) {
            throw noTimes(null);
        }
        return nanos;
    }

    private static boolean isOfTheJvm(Path thread) {
        return OF_THE_JVM.stream().anyMatch(name -> isNamed(thread, name));
    }

    private static boolean isNamed(Path thread, String start) {
        try {
            return Files.readString(thread.resolve("comm")).startsWith(start);
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

    private static void read(Path thread, int fields, Map<Path, Long> nanos) {
        try {
            long sum = Arrays.stream(
                            Files.readString(thread.resolve("schedstat")).split(" "))
                    .limit(fields)
                    .mapToLong(Long::parseLong)
                    .sum();
            nanos.put(thread, sum);
        } catch (IOException | NumberFormatException e) {
            // the thread has ended
        }
    }
}
