package io.heddle.benchmarks;

import io.heddle.Parallel;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.openjdk.jmh.infra.Blackhole;

/** How near do two workers come to the perfect split of tasks that take unequal times? */
final class UnevenTasks {
    private static final int WORKERS = 2;
    private static final int TASKS = 5_000;
    private static final double MEAN_MICROS = 20;
    private static final double SIGMA =
            1; // of the logarithms: one task in six takes more than 33 µs, the longest some 500
    private static final long SEED = 20;
    private static final Object RESULT = "result";

    private final long[] tokens; // of CPU work, by task
    private final long[][] split;

    private UnevenTasks() {
        tokens = tokens(TASKS, MEAN_MICROS * tokensPerMicro());
        split = split(tokens, WORKERS);
    }

    static Row row() {
        return new ChildRow(
                "dispatch.threads.uneven",
                "share of ideal",
                UnevenTasks.class,
                List.of(),
                Libraries.OPENBLAS_EMBEDDED,
                TASKS
                        + " log-normal tasks (mean 20 µs, sigma 1), 2 workers; ideal: the perfect split on two plain threads,"
                        + " timed in turns with each contender");
    }

    public static void main(String[] arguments) throws Exception {
        System.setProperty("java.util.concurrent.ForkJoinPool.common.parallelism", "1"); // and the caller: two workers
        Measure measure = Measure.valueOf(arguments[0]);
        DispatchBenchmark.loadLibrary();
        UnevenTasks uneven = new UnevenTasks();
        try (PlainThreads threads = new PlainThreads(WORKERS)) {
            Pairs.Form ideal = () -> uneven.ideal(threads);
            int pairs = Pairs.count(measure);
            SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
            contenders.put(RowResult.HEDDLE, () -> Pairs.share(pairs, ideal, uneven::heddle));
            if (measure != Measure.CHECK) {
                contenders.put("parallelStream", () -> Pairs.share(pairs, ideal, uneven::parallelStream));
            }
            ChildRow.report(measure, contenders);
        }
    }

    private void heddle() {
        Parallel.jobs(WORKERS).range(TASKS, this::task);
    }

    private void parallelStream() {
        Object[] results =
                IntStream.range(0, TASKS).parallel().mapToObj(this::task).toArray();
        if (results.length != TASKS) {
            throw new AssertionError(results.length);
        }
    }

    private Object task(int index) {
        Blackhole.consumeCPU(tokens[index]);
        return RESULT;
    }

    private void ideal(PlainThreads threads) throws Exception {
        threads.run(Arrays.stream(split).map(UnevenTasks::whole).toList());
    }

    private static Callable<Boolean> whole(long[] part) {
        return () -> {
            for (long tokens : part) {
                Blackhole.consumeCPU(tokens);
            }
            return true;
        };
    }

    /** The same tasks at each call, log-normal, scaled to this mean. */
    static long[] tokens(int tasks, double mean) {
        Random random = new Random(SEED);
        double[] weights = DoubleStream.generate(random::nextGaussian)
                .limit(tasks)
                .map(gaussian -> Math.exp(SIGMA * gaussian))
                .toArray();
        double scale = mean / Arrays.stream(weights).average().orElseThrow();
        return Arrays.stream(weights)
                .mapToLong(weight -> Math.max(Math.round(weight * scale), 1))
                .toArray();
    }

    /** The tasks in parts of equal sums: the longest first, each to the part that has least. */
    static long[][] split(long[] tokens, int parts) {
        LongStream.Builder[] shares = new LongStream.Builder[parts];
        Arrays.setAll(shares, part -> LongStream.builder());
        long[] sums = new long[parts];
        LongStream.of(tokens).boxed().sorted(Comparator.reverseOrder()).forEach(task -> {
            int least = IntStream.range(0, parts)
                    .boxed()
                    .min(Comparator.comparingLong(part -> sums[part]))
                    .orElseThrow();
            shares[least].add(task);
            sums[least] += task;
        });
        return Arrays.stream(shares).map(share -> share.build().toArray()).toArray(long[][]::new);
    }

    /** By the fastest of many short runs: what other users of the machine do can only slow one down. */
    private static double tokensPerMicro() {
        int tokens = 100_000;
        double least = Double.MAX_VALUE;
        for (int run = 0; run < 200; run++) {
            long begin = System.nanoTime();
            Blackhole.consumeCPU(tokens);
            least = Math.min(least, (System.nanoTime() - begin) / 1e3);
        }
        return tokens / least;
    }
}
