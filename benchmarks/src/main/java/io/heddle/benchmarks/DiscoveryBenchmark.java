package io.heddle.benchmarks;

import io.heddle.control.internal.LibraryRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import org.openjdk.jmh.annotations.Warmup;

/** What does it cost to find, open and bind every native runtime of the process, as if for the first time? */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class DiscoveryBenchmark {
    private static final Path MAPS = Path.of("/proc/self/maps");

    /** In the time of a row's warm-up there would be too few for the compiler. */
    private static final int UNTIL_COMPILED = 20_000;

    /** The libraries, found so often that the code is warm. */
    @State(Scope.Thread)
    public static class Warm extends LimitBenchmark.TwoLibraries {
        /** Loads and finds the libraries. */
        @Setup
        public void warmUp() {
            for (int i = 0; i < UNTIL_COMPILED; i++) {
                LibraryRegistry.discoverAnew();
            }
        }
    }

    /** Does nothing. */
    @Benchmark
    public void baseline() {}

    /** Finds both libraries, opens, binds and forgets them. */
    @Benchmark
    public int full(Warm loaded) {
        int found = LibraryRegistry.discoverAnew();
        if (found != 2) {
            throw new IllegalStateException("found " + found + " libraries, not 2");
        }
        return found;
    }

    /** Only reads the kernel's list of mapped files, which the obvious way to find libraries begins with. */
    @Benchmark
    public byte[] maps(LimitBenchmark.TwoLibraries loaded) throws IOException {
        return Files.readAllBytes(MAPS);
    }
}
