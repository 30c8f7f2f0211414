package io.heddle.cli.process;

import io.heddle.cli.process.ProcText.CpuTimes;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Watches the threads of a process from outside. */
final class ThreadSampler {
    /** So short-lived a thread may be missed; reading 40 threads takes 1 ms. */
    private static final Duration INTERVAL = Duration.ofMillis(50);

    /** The unit of CPU time in {@code stat}, USER_HZ, is this on every architecture of Linux with a JDK. */
    private static final long NANOS_PER_TICK = 10_000_000;

    private final ProcFolder process;
    private final ThreadWatch watch;

    ThreadSampler(ProcFolder process, boolean jvm) {
        this.process = process;
        this.watch = new ThreadWatch(jvm);
    }

    /**
     * Watches for a while.
     *
     * @throws ProcessException if the process ends meanwhile
     */
    Sampling sample(Duration span) throws InterruptedException {
        long start = System.nanoTime();
        long elapsed = 0;
        watch.add(snapshots());
        while (elapsed < span.toNanos()) {
            TimeUnit.NANOSECONDS.sleep(Math.min(INTERVAL.toNanos(), span.toNanos() - elapsed));
            watch.add(snapshots());
            elapsed = System.nanoTime() - start;
            if (!process.isAlive()) {
                throw new ProcessException("process " + process.pid() + " ended after " + elapsed / 1_000_000
                        + " ms of being watched. Give a shorter --seconds to see one that ends soon");
            }
        }
        return watch.result(elapsed);
    }

    private Map<Long, ThreadSnapshot> snapshots() {
        Map<Long, ThreadSnapshot> now = new HashMap<>();
        for (long thread : process.threads()) {
            snapshot("task/" + thread + "/").ifPresent(snapshot -> now.put(thread, snapshot));
        }
        return now;
    }

    /** Empty if the thread has ended. */
    private Optional<ThreadSnapshot> snapshot(String folder) {
        Optional<CpuTimes> times = process.text(folder + "schedstat").flatMap(ProcText::schedstat);
        return process.text(folder + "stat").flatMap(stat -> {
            String name = stat.substring(stat.indexOf('(') + 1, Math.max(stat.lastIndexOf(')'), 1));
            Optional<Long> cpu = times.map(CpuTimes::cpuNanos)
                    .or(() -> ProcText.cpuTicks(stat).map(ticks -> ticks * NANOS_PER_TICK));
            OptionalLong delay =
                    times.isPresent() ? OptionalLong.of(times.get().runDelayNanos()) : OptionalLong.empty();
            return ProcText.startTicks(stat)
                    .flatMap(start -> cpu.map(nanos -> new ThreadSnapshot(name, start, nanos, delay)));
        });
    }
}
