package io.heddle.cli.stress;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Calls of one thread, each checked. Confined to its thread. */
final class Work {
    private static final byte POISON = -1; // every byte of it: a NaN

    private final Blas blas;
    private final Blas.Arguments arguments;
    private final Problems problems;
    private final Counts counts;
    private final Random random;
    private final MemorySegment result;
    private final MemorySegment matrix;
    private final MemorySegment pivots;
    private final MemorySegment solution;

    Work(Blas blas, Problems problems, Counts counts, Random random, Arena arena) {
        this.blas = blas;
        this.arguments = blas.new Arguments(arena);
        this.problems = problems;
        this.counts = counts;
        this.random = random;
        long order = Problems.MOST_ORDER;
        result = arena.allocate(JAVA_DOUBLE, order * order);
        matrix = arena.allocate(JAVA_DOUBLE, order * order);
        pivots = arena.allocate(JAVA_LONG, order);
        solution = arena.allocate(JAVA_DOUBLE, order);
    }

    /** The problems that every thread takes from. */
    record Problems(List<Product> products, List<LinearSystem> systems) {
        static final int MOST_ORDER = 300;
        private static final int LEAST_ORDER = 16;
        private static final int PRODUCTS = 16;
        private static final int SYSTEMS = 8;

        static Problems random(Random random) {
            return new Problems(
                    IntStream.range(0, PRODUCTS)
                            .mapToObj(_ -> Product.random(random, order(random), order(random), order(random)))
                            .toList(),
                    IntStream.range(0, SYSTEMS)
                            .mapToObj(_ -> LinearSystem.random(random, order(random)))
                            .toList());
        }

        private static int order(Random random) {
            return random.nextInt(LEAST_ORDER, MOST_ORDER + 1);
        }
    }

    /** One call, of either routine. */
    void next() {
        if (blas.hasLapack() && random.nextInt(3) == 0) {
            solve();
        } else {
            multiply();
        }
    }

    void multiply() {
        Product product = problems.products.get(random.nextInt(problems.products.size()));
        result.fill(POISON);
        arguments.multiply(product.m(), product.n(), product.k(), product.a(), product.b(), result);
        counts.dgemm.incrementAndGet();
        count(product.isResult(result));
    }

    void solve() {
        LinearSystem system = problems.systems.get(random.nextInt(problems.systems.size()));
        matrix.copyFrom(system.a());
        solution.copyFrom(system.b());
        long info = arguments.solve(system.n(), matrix, pivots, solution);
        counts.dgesv.incrementAndGet();
        count(info == 0 && system.isSolution(solution));
    }

    private void count(boolean right) {
        if (!right) {
            counts.wrong.incrementAndGet();
        }
    }
}
