package io.heddle.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * What a Java program does today: a fixed pool, and nobody tells the native library about it. One thing is better than usual:
 * the threads' stacks have 16 MB, as LAPACK on the default stack crashes or gives wrong results.
 */
final class PlainThreads {
    private static final long STACK_BYTES = 16L << 20;
    private static final long DRAIN_SECONDS = 30;

    private PlainThreads() {}

    /** The results in the order of the tasks. */
    static <R> List<R> run(int threads, List<? extends Callable<R>> tasks) throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(
                threads,
                Thread.ofPlatform().name("plain-", 0).stackSize(STACK_BYTES).factory());
        try {
            List<R> results = new ArrayList<>();
            for (Future<R> future : pool.invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new DemoException("A task on plain threads failed: " + e.getCause(), e);
        } finally {
            drain(pool);
        }
    }

    /** An exit in the middle of a native call can hang in the library's destructor, so what runs is waited for. */
    private static void drain(ExecutorService pool) throws InterruptedException {
        pool.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            if (!pool.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
                throw new DemoException("A native call on plain threads did not end within " + DRAIN_SECONDS + " s.");
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
