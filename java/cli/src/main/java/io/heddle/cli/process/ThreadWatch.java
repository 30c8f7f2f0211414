package io.heddle.cli.process;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Adds up snapshots of threads that come and go. A thread that starts while it is watched counts from zero. Not thread-safe. */
final class ThreadWatch {
    /** A thread that ran or waited for a CPU less than this part of the time only woke up and looked. */
    private static final double LEAST_SHARE = 0.01;

    /** HotSpot's own threads, by their names cut to 15 characters (source: the names in a thread dump of JDK 25). */
    private static final Pattern JVM_THREAD = Pattern.compile("(GC Thread|G1 |ZWorker|ZDriver|ZDirector|ZStat|ZUnmapper"
            + "|ZUncommitter|Shenandoah|C[12] CompilerThre|JVMCI|VM Thread|VM Periodic Tas|Concurrent|ParGC"
            + "|Reference Handl|Finalizer|Signal Dispatch|Service Thread|Monitor Deflati|Notification Th|Attach Listener"
            + "|Common-Cleaner|Cleaner-|JFR |Sweeper thread|DestroyJavaVM|StringDedup|RMI |process reaper).*");

    private final boolean jvm;
    private final Map<Long, ThreadSnapshot> first = new HashMap<>();
    private final Map<Long, ThreadSnapshot> last = new HashMap<>();
    private final List<Use> ended = new ArrayList<>();
    private boolean started;

    private record Use(long id, String name, long cpuNanos, OptionalLong runDelayNanos) {
        static Use of(long id, ThreadSnapshot from, ThreadSnapshot to) {
            OptionalLong delay =
                    from.runDelayNanos().isPresent() && to.runDelayNanos().isPresent()
                            ? OptionalLong.of(to.runDelayNanos().getAsLong()
                                    - from.runDelayNanos().getAsLong())
                            : OptionalLong.empty();
            return new Use(id, to.name(), to.cpuNanos() - from.cpuNanos(), delay);
        }
    }

    ThreadWatch(boolean jvm) {
        this.jvm = jvm;
    }

    static boolean isJvmInternal(String name) {
        return JVM_THREAD.matcher(name).matches();
    }

    void add(Map<Long, ThreadSnapshot> now) {
        now.forEach((id, snapshot) -> {
            ThreadSnapshot earlier = last.put(id, snapshot);
            if (earlier == null) {
                first.put(id, started ? zero(snapshot) : snapshot);
            } else if (earlier.startTicks() != snapshot.startTicks()) {
                ended.add(Use.of(id, first.getOrDefault(id, earlier), earlier));
                first.put(id, zero(snapshot));
            }
        });
        started = true;
    }

    private static ThreadSnapshot zero(ThreadSnapshot of) {
        OptionalLong noDelay = of.runDelayNanos().isPresent() ? OptionalLong.of(0) : OptionalLong.empty();
        return new ThreadSnapshot(of.name(), of.startTicks(), 0, noDelay);
    }

    Sampling result(long elapsedNanos) {
        List<Use> uses = new ArrayList<>(ended);
        last.forEach((id, snapshot) -> uses.add(Use.of(id, first.getOrDefault(id, snapshot), snapshot)));
        List<ThreadUse> threads = uses.stream()
                .map(use -> use(use, elapsedNanos))
                .filter(use -> use.cpuShare() + use.runDelayShare().orElse(0) >= LEAST_SHARE)
                .sorted(Comparator.comparingDouble(ThreadUse::cpuShare).reversed())
                .toList();
        return new Sampling(elapsedNanos / 1e9, threads);
    }

    private ThreadUse use(Use use, long elapsedNanos) {
        OptionalDouble delay = use.runDelayNanos.isPresent()
                ? OptionalDouble.of((double) use.runDelayNanos.getAsLong() / elapsedNanos)
                : OptionalDouble.empty();
        return new ThreadUse(
                use.id, use.name, jvm && isJvmInternal(use.name), (double) use.cpuNanos / elapsedNanos, delay);
    }
}
