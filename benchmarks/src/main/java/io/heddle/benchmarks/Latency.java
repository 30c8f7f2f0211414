package io.heddle.benchmarks;

import io.heddle.Parallel;
import io.heddle.backend.WorkerLocal;
import io.heddle.openblas.OpenBlas;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;

/** How many small products does one thread get done while another multiplies big matrices? */
final class Latency {
    private static final BlasWork.Kind SMALL = BlasWork.Kind.DGEMM256;
    private static final BlasWork.Kind BIG = BlasWork.Kind.DGEMM3000;
    private static final int INSTANCE_THREADS = 2;

    private final BlasWork small;
    private final BlasWork big;
    private final WorkerLocal<OwnWork> ownSmall = WorkerLocal.withInitial(() -> new OwnWork(SMALL));
    private final WorkerLocal<OwnWork> ownBig = WorkerLocal.withInitial(() -> new OwnWork(BIG));
    private final Duration window;

    /** On the calling worker's own instance of the library, called once: its first call starts threads and takes memory. */
    private record OwnWork(BlasWork work) implements AutoCloseable {
        OwnWork(BlasWork.Kind kind) {
            this(new BlasWork(kind, OpenBlas.ofWorker()));
            work.run();
        }

        @Override
        public void close() {} // the instance is closed with its worker
    }

    private Latency(Duration window) {
        small = new BlasWork(SMALL, Libraries.OPENBLAS_EMBEDDED.openBlas());
        big = new BlasWork(BIG, Libraries.OPENBLAS_EMBEDDED.openBlas());
        this.window = window;
    }

    static Row row() {
        return new ChildRow(
                "latency.small-beside-big",
                "calls/s",
                Latency.class,
                List.of(),
                Libraries.OPENBLAS_EMBEDDED,
                "dgemm n=256 beside dgemm n=3000, a thread each; Heddle: inner 1;"
                        + " heddleInstances: an instance per worker, small 1 thread, big " + INSTANCE_THREADS);
    }

    public static void main(String[] arguments) throws Exception {
        Measure measure = Measure.valueOf(arguments[0]);
        Latency latency = new Latency(Duration.ofMillis(measure == Measure.FULL ? 3000 : 1500));
        latency.small.run();
        latency.big.run();
        try (PlainThreads threads = new PlainThreads(2)) {
            SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
            contenders.put(
                    "heddle",
                    () -> Parallel.builder()
                            .jobs(2)
                            .innerMaxNumThreads(1)
                            .build()
                            .call(latency.tasks())
                            .getFirst());
            contenders.put("heddleInstances", latency::onInstances);
            contenders.put("uncontrolled", () -> threads.run(latency.tasks()).getFirst());
            ChildRow.report(measure, contenders);
        }
    }

    private double onInstances() {
        CyclicBarrier bothReady = new CyclicBarrier(2);
        return Parallel.builder()
                .jobs(2)
                .innerMaxNumThreads(INSTANCE_THREADS)
                .build()
                .call(List.<Callable<Double>>of(
                        () -> {
                            try (var _ = OpenBlas.ofWorker().limit(1)) {
                                BlasWork work = ownSmall.get().orElseThrow().work();
                                bothReady.await();
                                return callsPerSecond(work);
                            }
                        },
                        () -> {
                            BlasWork work = ownBig.get().orElseThrow().work();
                            bothReady.await();
                            return callsPerSecond(work);
                        }))
                .getFirst();
    }

    private List<Callable<Double>> tasks() {
        return List.of(() -> callsPerSecond(small), () -> callsPerSecond(big));
    }

    private double callsPerSecond(BlasWork work) {
        long begin = System.nanoTime();
        long now = begin;
        int calls = 0;
        while (now - begin < window.toNanos()) {
            work.run();
            now = System.nanoTime();
            calls++;
        }
        return calls * 1e9 / (now - begin);
    }
}
