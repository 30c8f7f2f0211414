package io.heddle.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.heddle.Parallel;
import io.heddle.openblas.OpenBlas;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/** How much do eight threads compute that all call one library, uncontrolled, limited by hand, and under Heddle? */
final class Throughput {
    private static final int THREADS = 8;
    private static final int INNER = 1;

    private final BlasWork.Kind kind;
    private final BlasWork work;
    private final MethodHandle getThreads;
    private final MethodHandle setThreads;
    private final boolean limitIsOfThread;
    private final double windowSeconds;

    private Throughput(Libraries library, BlasWork.Kind kind, double windowSeconds) {
        this.kind = kind;
        this.windowSeconds = windowSeconds;
        OpenBlas openBlas = library.openBlas();
        work = new BlasWork(kind, openBlas);
        limitIsOfThread = library == Libraries.OPENBLAS_OPENMP;
        getThreads = openBlas.downcall(
                limitIsOfThread ? "omp_get_max_threads" : "openblas_get_num_threads", FunctionDescriptor.of(JAVA_INT));
        setThreads = openBlas.downcall(
                limitIsOfThread ? "omp_set_num_threads" : "openblas_set_num_threads",
                FunctionDescriptor.ofVoid(JAVA_INT));
    }

    static Row row(Libraries library, BlasWork.Kind kind) {
        return new ChildRow(
                "throughput." + library.rowName() + "." + kind.rowName(),
                "GFLOP/s",
                Throughput.class,
                List.of(library.rowName(), kind.rowName()),
                library,
                THREADS + " threads, inner " + INNER + ", floor: threads limited by hand");
    }

    public static void main(String[] arguments) throws Exception {
        Measure measure = Measure.valueOf(arguments[0]);
        Libraries library = Libraries.ofRowName(arguments[1]);
        BlasWork.Kind kind = BlasWork.Kind.valueOf(arguments[2].toUpperCase(Locale.ROOT));
        Throughput throughput = new Throughput(library, kind, measure == Measure.FULL ? 1 : 0.5);
        try (PlainThreads threads = new PlainThreads(THREADS)) {
            SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
            contenders.put("heddle", throughput.sized(throughput::heddle));
            contenders.put("floor", throughput.sized(tasks -> throughput.limitedByHand(threads, tasks)));
            contenders.put("uncontrolled", throughput.sized(tasks -> throughput.uncontrolled(threads, tasks)));
            ChildRow.report(measure, contenders);
        }
    }

    private interface Contender {
        void run(int tasks) throws Exception;
    }

    /** Measures with as many tasks as fill the window; how many, two short runs tell, which warm up too. */
    private Callable<Double> sized(Contender contender) throws Exception {
        int tasks = THREADS;
        for (double window : new double[] {windowSeconds / 4, windowSeconds}) {
            double seconds = seconds(contender, tasks);
            tasks = THREADS * Math.clamp(Math.round(window / seconds * tasks / THREADS), 1, 1 << 20);
        }
        int sized = tasks;
        return () -> sized * kind.floatingPointOperations() / seconds(contender, sized) / 1e9;
    }

    private static double seconds(Contender contender, int tasks) throws Exception {
        long begin = System.nanoTime();
        contender.run(tasks);
        return (System.nanoTime() - begin) / 1e9;
    }

    private void heddle(int tasks) {
        Parallel.builder().jobs(THREADS).innerMaxNumThreads(INNER).build().range(tasks, index -> {
            work.run();
            return index;
        });
    }

    private void uncontrolled(PlainThreads threads, int tasks) throws Exception {
        AtomicInteger next = new AtomicInteger();
        threads.run(Collections.nCopies(THREADS, () -> drain(next, tasks)));
    }

    private void limitedByHand(PlainThreads threads, int tasks) throws Exception {
        AtomicInteger next = new AtomicInteger();
        if (limitIsOfThread) {
            threads.run(Collections.nCopies(THREADS, () -> limited(() -> drain(next, tasks))));
        } else {
            limited(() -> threads.run(Collections.nCopies(THREADS, () -> drain(next, tasks))));
        }
    }

    private <R> R limited(Callable<R> body) throws Exception {
        int found = threads();
        threads(INNER);
        try {
            return body.call();
        } finally {
            threads(found);
        }
    }

    private boolean drain(AtomicInteger next, int tasks) {
        while (next.getAndIncrement() < tasks) {
            work.run();
        }
        return true;
    }

    private int threads() {
        try {
            return (int) getThreads.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e); // a downcall throws nothing
        }
    }

    private void threads(int threads) {
        try {
            setThreads.invokeExact(threads);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
