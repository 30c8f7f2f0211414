package io.heddle.benchmarks;

import io.heddle.Parallel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Spliterators;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
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

/** What does it cost to feed two workers from an iterator with tasks that do nothing? */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 3,
        jvmArgsPrepend = {
            "-Djava.util.concurrent.ForkJoinPool.common.parallelism=1", // and the caller: two workers
            "-XX:+UseParallelGC", // as in DispatchBenchmark
            "-Xms1g",
            "-Xmx1g",
            "-Xmn768m"
        })
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
public class LazyDispatchBenchmark {
    private static final int WORKERS = 2;
    private static final int BATCH = 64;
    private static final Object INPUT = "input";

    /** The number of tasks. */
    @Param("1000000")
    public int tasks;

    private final PlainThreads threads = new PlainThreads(WORKERS);

    /** Loads a library, so that the workers' inner limit is a real one. */
    @Setup
    public void open() {
        DispatchBenchmark.loadLibrary();
    }

    /** Ends the threads. */
    @TearDown
    public void close() {
        threads.close();
    }

    /** Does nothing. */
    @Benchmark
    public void baseline() {}

    /** A token of CPU work for each task, as in {@link DispatchBenchmark#token()}. */
    @Benchmark
    public void token() {
        Blackhole.consumeCPU(tasks);
    }

    /** Heddle, for the tasks' effect. */
    @Benchmark
    public void forEach() {
        Parallel.jobs(WORKERS).forEach(inputs(), input -> {});
    }

    /** Heddle, the results consumed in order while the call runs. */
    @Benchmark
    public long ordered() {
        try (Stream<Object> results = Parallel.jobs(WORKERS).ordered(inputs(), input -> input)) {
            return results.mapToLong(result -> 1).sum();
        }
    }

    /** Two threads that take 64 inputs at a time under one lock. */
    @Benchmark
    public List<Boolean> floor() throws Exception {
        Iterator<Object> inputs = inputs();
        Callable<Boolean> worker = () -> {
            List<Object> batch = new ArrayList<>(BATCH);
            do {
                batch.clear();
                synchronized (inputs) {
                    while (batch.size() < BATCH && inputs.hasNext()) {
                        batch.add(inputs.next());
                    }
                }
            } while (!batch.isEmpty());
            return true;
        };
        return threads.run(Collections.nCopies(WORKERS, worker));
    }

    /** A parallel stream on the common pool. */
    @Benchmark
    public void parallelStream(Blackhole blackhole) {
        StreamSupport.stream(Spliterators.spliteratorUnknownSize(inputs(), 0), true)
                .forEach(blackhole::consume);
    }

    private Iterator<Object> inputs() {
        return Collections.nCopies(tasks, INPUT).iterator();
    }
}
