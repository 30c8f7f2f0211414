package io.heddle.benchmarks;

import io.heddle.Parallel;
import io.heddle.processes.ProcessesBackend;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

/** What does it cost to have tasks that do nothing done by two warm worker processes? */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@State(Scope.Benchmark)
public class ProcessesBenchmark {
    private static final int WORKERS = 2;

    /** The number of tasks. */
    @Param("100000")
    public int tasks;

    private final ProcessesBackend backend = ProcessesBackend.create();
    private final Parallel parallel =
            Parallel.builder().backend(backend).jobs(WORKERS).build();
    private final Parallel single =
            Parallel.builder().backend(backend).jobs(WORKERS).batchSize(1).build();
    private List<Integer> inputs = List.of();

    /** Makes the inputs. */
    @Setup
    public void open() {
        inputs = IntStream.range(0, tasks).boxed().toList();
    }

    /** Ends the workers. */
    @TearDown
    public void close() {
        backend.close();
    }

    /** Does nothing. */
    @Benchmark
    public void baseline() {}

    /** A token of CPU work for each task. */
    @Benchmark
    public void token() {
        Blackhole.consumeCPU(tasks);
    }

    /** Inputs and results, in batches that Heddle chooses. */
    @Benchmark
    public List<Integer> auto() {
        return parallel.map(inputs, input -> input);
    }

    /** A range of indices. */
    @Benchmark
    public List<Integer> range() {
        return parallel.range(tasks, index -> index);
    }

    /** Inputs and results, each task sent by itself. */
    @Benchmark
    public List<Integer> single() {
        return single.map(inputs, input -> input);
    }
}
