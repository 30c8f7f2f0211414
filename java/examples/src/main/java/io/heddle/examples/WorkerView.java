package io.heddle.examples;

import io.heddle.NativeThreads;
import io.heddle.Parallel;
import io.heddle.TaskContext;
import io.heddle.examples.blas.Blas;
import io.heddle.examples.blas.Matrix;
import io.heddle.limit.ThreadLimit;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;

/**
 * A worker as a task in it sees it.
 *
 * @param worker its number in the call
 * @param process its process
 * @param limit the threads that the BLAS may use, as the library tells
 * @param working the threads that worked in a product of two matrices, the calling one included
 */
record WorkerView(String worker, long process, String limit, int working) implements Serializable {
    /** 0.15 s of CPU time and more: {@link ThreadLimit#countWorking} wants 0.1 s. */
    private static final int SIZE = 1500;

    static final Comparator<WorkerView> ORDER =
            Comparator.comparing(WorkerView::worker).thenComparingLong(WorkerView::process);

    private static final int MOST_THREADS = 1024;

    /** Looks from a task. One after the other in each process: what others compute would be counted too. */
    static synchronized WorkerView fromTask(Blas blas) {
        Matrix a = new Matrix().reshape(SIZE, SIZE);
        Matrix product = new Matrix();
        double[] row = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            a.writeRow(i, row, SIZE);
        }
        OptionalInt limit = blas.library().info().threads();
        try (ThreadLimit counting = NativeThreads.limit(MOST_THREADS)) { // the worker's own is less, and holds
            int working = counting.countWorking(() -> blas.multiply(a, a, product));
            return new WorkerView(
                    TaskContext.current()
                            .map(task -> Integer.toString(task.worker()))
                            .orElse("unknown"),
                    ProcessHandle.current().pid(),
                    limit.isPresent() ? Integer.toString(limit.getAsInt()) : "unknown",
                    working);
        }
    }

    /** What two tasks for each worker of the current configuration see. */
    static List<WorkerView> ofEach(Blas blas) {
        Parallel parallel = Parallel.builder().batchSize(1).build();
        return parallel.range(2 * parallel.effectiveJobs(), _ -> fromTask(blas));
    }
}
