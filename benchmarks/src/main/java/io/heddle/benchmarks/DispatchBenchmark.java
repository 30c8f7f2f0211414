package io.heddle.benchmarks;

import io.heddle.Parallel;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What does it cost to hand many tasks that do nothing to two workers and to get their results back? */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsPrepend = {
            "-Djava.util.concurrent.ForkJoinPool.common.parallelism=1", // and the caller: two workers
            "-XX:+UseParallelGC", // a growing heap and concurrent marking are most of the noise of 1e6 results
            "-Xms1g",
            "-Xmx1g",
            "-Xmn768m"
        })
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
public class DispatchBenchmark {
    private static final int WORKERS = 2;
    private static final int CHUNK = 64;
    private static final Object RESULT = "result";

    /** The number of tasks. */
    @Param({"100000", "1000000"})
    public int tasks;

    private final ExecutorService pool = Executors.newFixedThreadPool(WORKERS);
    private List<Callable<Object>> callables = List.of();

    /** Loads a library, so that the workers' inner limit is a real one. */
    @Setup
    public void open() {
        loadLibrary();
        callables = Collections.nCopies(tasks, () -> RESULT);
    }

    static void loadLibrary() {
        if (Libraries.LIBGOMP.missing().isEmpty()) {
            Libraries.LIBGOMP.open();
        } else {
            Libraries.OPENBLAS_EMBEDDED.openBlas();
        }
        Machine.printWithLibraries();
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
        pool.shutdown();
    }

    /** Does nothing. */
    @Benchmark
    public void baseline() {}

    /** A measure of the processor that other users of the machine cannot slow down much: a token of CPU work for each task. */
    @Benchmark
    public void token() {
        Blackhole.consumeCPU(tasks);
    }

    /** Heddle, the inner limit in force. */
    @Benchmark
    public List<Object> heddle() {
        return Parallel.jobs(WORKERS).range(tasks, index -> RESULT);
    }

    /** Two threads that take an index in chunks of 64 and store the results. */
    @Benchmark
    public Object[] floor() throws Exception {
        return chunked(index -> RESULT);
    }

    private Object[] chunked(IntFunction<Object> task) throws Exception {
        Object[] results = new Object[tasks];
        AtomicInteger next = new AtomicInteger();
        Callable<Boolean> worker = () -> {
            for (int from = next.getAndAdd(CHUNK); from < results.length; from = next.getAndAdd(CHUNK)) {
                int to = Math.min(from + CHUNK, results.length);
                for (int index = from; index < to; index++) {
                    results[index] = task.apply(index);
                }
            }
            return true;
        };
        for (Future<Boolean> future : pool.invokeAll(Collections.nCopies(WORKERS, worker))) {
            future.get();
        }
        return results;
    }

    /** {@code ExecutorService.invokeAll} on a fixed pool of two. */
    @Benchmark
    public Object[] invokeAll() throws Exception {
        return collected(pool.invokeAll(callables));
    }

    /** {@code ForkJoinPool.invokeAll} on a pool of two. */
    @Benchmark
    public Object[] forkJoin(ForkJoin forkJoin) throws Exception {
        return collected(forkJoin.pool.invokeAll(callables));
    }

    /** A pool of two. */
    @State(Scope.Benchmark)
    public static class ForkJoin {
        private final ForkJoinPool pool = new ForkJoinPool(WORKERS);

        /** Ends the threads. */
        @TearDown
        public void close() {
            pool.shutdown();
        }
    }

    /** A parallel stream on the common pool. */
    @Benchmark
    public Object[] parallelStream() {
        return IntStream.range(0, tasks).parallel().mapToObj(index -> RESULT).toArray();
    }

    private static Object[] collected(List<Future<Object>> futures) throws Exception {
        Object[] results = new Object[futures.size()];
        int index = 0;
        for (Future<Object> future : futures) {
            results[index++] = future.get();
        }
        return results;
    }
}
