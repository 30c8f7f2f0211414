package io.heddle.benchmarks;

import io.heddle.Parallel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** How long does one warm call of two tasks that do nothing take? */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
public class CallBenchmark {
    private static final Object RESULT = "result";
    private static final List<Callable<Object>> TASKS = List.of(() -> RESULT, () -> RESULT);

    private final ExecutorService pool = Executors.newFixedThreadPool(TASKS.size());

    /** Loads a library, so that the workers' inner limit is a real one. */
    @Setup
    public void open() {
        DispatchBenchmark.loadLibrary();
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
        pool.shutdown();
    }

    /** Does nothing. */
    @Benchmark
    public void baseline() {}

    /** Heddle, the inner limit in force. */
    @Benchmark
    public List<Object> heddle() {
        return Parallel.jobs(TASKS.size()).call(TASKS);
    }

    /** {@code ExecutorService.invokeAll} on a fixed pool of two. */
    @Benchmark
    public List<Object> floor() throws Exception {
        List<Object> results = new ArrayList<>();
        for (Future<Object> future : pool.invokeAll(TASKS)) {
            results.add(future.get());
        }
        return results;
    }
}
