package io.heddle.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A fixed pool, as a program without Heddle has it. Its stacks have 16 MB: LAPACK on the default stack gives wrong results. */
final class PlainThreads implements AutoCloseable {
    private static final long STACK_BYTES = 16L << 20;

    private final ExecutorService pool;

    PlainThreads(int threads) {
        pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().stackSize(STACK_BYTES).factory());
    }

    <R> List<R> run(List<? extends Callable<R>> tasks) throws Exception {
        List<R> results = new ArrayList<>();
        for (Future<R> future : pool.invokeAll(tasks)) {
            results.add(future.get());
        }
        return results;
    }

    @Override
    public void close() {
        pool.close();
    }
}
