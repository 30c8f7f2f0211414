package io.heddle;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.backend.ThreadsBackend;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.ojalgo.concurrent.ProcessingService;
import org.ojalgo.matrix.decomposition.Eigenvalue;
import org.ojalgo.matrix.store.R064Store;

/** A numeric library that knows executors and nothing of backends, ojAlgo, obeys its caller's configuration. */
@Timeout(60)
class OjAlgoExecutorTest {
    private static final int MATRICES = 40;
    private static final int ORDER = 20;

    /** Library code: it is given nothing but the inputs. */
    private static Collection<Double> traces(Set<String> threads, Set<Integer> cpus) {
        try (ExecutorService executor = Parallel.create().executor()) {
            List<Integer> seeds = IntStream.range(0, MATRICES).boxed().toList();
            return new ProcessingService(executor)
                    .compute(seeds, 4, seed -> {
                        threads.add(Thread.currentThread().getName());
                        cpus.add(Parallel.usableCpus());
                        return traceByEigenvalues(seed);
                    })
                    .values();
        }
    }

    private static double traceByEigenvalues(int seed) {
        R064Store matrix = R064Store.FACTORY.make(ORDER, ORDER);
        for (int row = 0; row < ORDER; row++) {
            for (int column = 0; column < ORDER; column++) {
                matrix.set(row, column, 1.0 / (1 + seed + row + column) + (row == column ? 1 : 0));
            }
        }
        Eigenvalue<Double> eigenvalues = Eigenvalue.R064.make(matrix, true);
        eigenvalues.decompose(matrix);
        return eigenvalues.getTrace().doubleValue()
                - matrix.aggregateDiagonal(org.ojalgo.function.aggregator.Aggregator.SUM);
    }

    @Test
    void runsOnTheConfiguredBackendsWorkers() {
        try (ThreadsBackend own = new ThreadsBackend();
                var _ = ParallelConfig.backend(own).jobs(2).open()) {
            Set<String> threads = ConcurrentHashMap.newKeySet();
            Set<Integer> cpus = ConcurrentHashMap.newKeySet();
            assertThat(new ArrayList<>(traces(threads, cpus)))
                    .hasSize(MATRICES)
                    .allSatisfy(difference -> assertThat(difference).isBetween(-1e-9, 1e-9));
            assertThat(threads)
                    .hasSizeBetween(1, 2)
                    .allMatch(name -> name.startsWith("heddle-") && name.contains("worker"));
            assertThat(cpus).containsOnly(Math.max(Parallel.usableCpus() / 2, 1));
        }
    }
}
