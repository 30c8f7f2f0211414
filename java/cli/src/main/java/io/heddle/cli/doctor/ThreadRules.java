package io.heddle.cli.doctor;

import io.heddle.cli.library.SeenLibrary;
import io.heddle.cli.process.Sampling;
import io.heddle.cli.process.ThreadUse;
import io.heddle.control.LimitScope;
import io.heddle.control.UserApi;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** Rules on what the threads of a running process do. */
final class ThreadRules {
    static final List<Rule> ALL = List.of(
            ThreadRules::oversubscription,
            ThreadRules::contention,
            ThreadRules::moreThreadsThanCpus,
            ThreadRules::sharedLimit);

    /** Run delay up to this part of the CPU time is what any busy machine has. */
    private static final double USUAL_DELAY = 0.1;

    /** A thread that runs or waits for a CPU less than this part of the time does not compete with others. */
    private static final double BUSY = 0.25;

    private static final int SHOWN_THREADS = 5;

    private ThreadRules() {}

    static Optional<Finding> oversubscription(Situation situation) {
        return delayed(situation)
                .filter(sampling -> runnable(sampling) > situation.cpus().count())
                .map(sampling -> new Finding(
                        "oversubscription",
                        String.format(
                                Locale.ROOT,
                                "On average %.1f threads wanted to compute on %d usable CPUs; %.1f cores were lost to run delay, the time that"
                                        + " threads were ready and had no CPU.",
                                runnable(sampling),
                                situation.cpus().count(),
                                sampling.coresLost().orElse(0)),
                        "Threads that take turns wait for each other in the middle of a parallel call: a library whose threads meet at a"
                                + " barrier runs at the pace of the one that got no CPU.",
                        "Give each task fewer inner threads: run the tasks through Parallel (its inner limit is usable CPUs / jobs), or wrap"
                                + " the calls in try (var _ = NativeThreads.limit(1)). Without Heddle set OMP_NUM_THREADS=1 and"
                                + " OPENBLAS_NUM_THREADS=1 before the start."));
    }

    static Optional<Finding> contention(Situation situation) {
        return delayed(situation)
                .filter(sampling -> runnable(sampling) <= situation.cpus().count())
                .map(
                        sampling -> new Finding(
                                "contention",
                                String.format(
                                        Locale.ROOT,
                                        "%.1f cores were lost to run delay, though the process wanted only %.1f of its %d usable CPUs.",
                                        sampling.coresLost().orElse(0),
                                        runnable(sampling),
                                        situation.cpus().count()),
                                "Other processes on this machine compute at the same time and take turns with this one.",
                                "Share the CPUs out: taskset or cgroup cpu.max for each process, or HEDDLE_MAX_CPUS for those that use Heddle."));
    }

    static Optional<Finding> moreThreadsThanCpus(Situation situation) {
        int usable = situation.cpus().count();
        List<ThreadUse> busy = situation
                .sampling()
                .map(sampling -> sampling.computeThreads().stream()
                        .filter(ThreadRules::isBusy)
                        .toList())
                .orElse(List.of());
        if (busy.size() <= usable) {
            return Optional.empty();
        }
        boolean unset = situation.select(library -> true).size() > 0
                && !situation.environment().containsKey("OMP_NUM_THREADS");
        return Optional.of(new Finding(
                "more-threads-than-cpus",
                busy.size() + " threads computed on " + usable + " usable CPUs: " + shown(busy)
                        + (unset
                                ? ". OMP_NUM_THREADS is not set, so each Java thread that calls a native library may get as many inner"
                                        + " threads as there are CPUs."
                                : "."),
                "Every thread beyond the usable CPUs brings switches and cold caches, and no more speed.",
                "Use as many outer threads as there are usable CPUs (Parallel.jobs(-1)), each with one inner thread"
                        + (unset ? ": start with OMP_NUM_THREADS=1, or open NativeThreads.limit(1) in each." : ".")));
    }

    static Optional<Finding> sharedLimit(Situation situation) {
        List<SeenLibrary> shared = situation.select(library ->
                library.userApi() == UserApi.BLAS && library.limitScope().equals(Optional.of(LimitScope.PROCESS)));
        if (shared.isEmpty() || situation.computeThreads() <= situation.cpus().count()) {
            return Optional.empty();
        }
        return Optional.of(new Finding(
                "process-scope",
                "Several threads compute beside " + Names.of(shared)
                        + ", whose thread limit is one number for the whole process.",
                "A limit that one thread opens slows every other one, and calls of several threads queue behind the library's one lock.",
                "Where tasks need different limits use the processes backend, or give each worker a private OpenBLAS"
                        + " (OpenBlas.newInstance()), or a build on OpenMP, whose limit is per thread."));
    }

    private static Optional<Sampling> delayed(Situation situation) {
        return situation.sampling().filter(sampling -> {
            OptionalDouble lost = sampling.coresLost();
            return lost.isPresent() && lost.getAsDouble() > USUAL_DELAY * Math.max(sampling.cpusUsed(), USUAL_DELAY);
        });
    }

    /** How many threads wanted a CPU, on average. */
    private static double runnable(Sampling sampling) {
        return sampling.cpusUsed() + sampling.coresLost().orElse(0);
    }

    private static boolean isBusy(ThreadUse thread) {
        return thread.cpuShare() + thread.runDelayShare().orElse(0) >= BUSY;
    }

    private static String shown(List<ThreadUse> threads) {
        String names = threads.stream()
                .limit(SHOWN_THREADS)
                .map(thread -> String.format(Locale.ROOT, "%s (%.0f %%)", thread.name(), 100 * thread.cpuShare()))
                .collect(Collectors.joining(", "));
        return threads.size() > SHOWN_THREADS ? names + ", …" : names;
    }
}
