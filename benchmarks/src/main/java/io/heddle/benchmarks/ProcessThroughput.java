package io.heddle.benchmarks;

import io.heddle.Parallel;
import io.heddle.processes.ProcessesBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/** How much do two worker processes compute beside two processes that are limited by hand? */
final class ProcessThroughput {
    private static final int WORKERS = 2;
    private static final int INNER = 1;
    private static final int PAIRS = 10;
    private static final double PAIR_SECONDS = 0.2;

    private ProcessThroughput() {}

    static Row row(BlasWork.Kind kind) {
        return new ChildRow(
                "throughput.processes." + kind.rowName(),
                "share of hand-limited",
                true,
                ProcessThroughput.class,
                List.of(library().rowName(), kind.rowName()),
                Optional.empty(),
                Optional.empty(),
                WORKERS + " workers, inner " + INNER
                        + ", over two processes with OPENBLAS_NUM_THREADS=1 and half of the tasks each, on "
                        + library().rowName() + ", timed in turns");
    }

    private static Libraries library() {
        return Libraries.OPENBLAS_PTHREADS.missing().isEmpty()
                ? Libraries.OPENBLAS_PTHREADS
                : Libraries.OPENBLAS_EMBEDDED;
    }

    public static void main(String[] arguments) throws Exception {
        Measure measure = Measure.valueOf(arguments[0]);
        String library = arguments[1];
        String kind = arguments[2];
        try (ProcessesBackend backend = ProcessesBackend.create();
                ByHand byHand = new ByHand(library, kind)) {
            Parallel parallel = Parallel.builder()
                    .backend(backend)
                    .jobs(WORKERS)
                    .innerMaxNumThreads(INNER)
                    .build();
            int each = byHand.tasksIn(PAIR_SECONDS);
            SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
            contenders.put(
                    RowResult.HEDDLE,
                    () -> Pairs.share(
                            PAIRS,
                            () -> byHand.run(each),
                            () -> parallel.range(WORKERS * each, task -> Work.run(library, kind))));
            ChildRow.report(measure, contenders);
        }
    }

    /** What a process of either form has loaded. */
    private static final class Work {
        private static final Map<String, BlasWork> LOADED = new ConcurrentHashMap<>();

        private Work() {}

        static boolean run(String library, String kind) {
            LOADED.computeIfAbsent(
                            kind,
                            name -> new BlasWork(
                                    BlasWork.Kind.valueOf(name.toUpperCase(Locale.ROOT)),
                                    Libraries.ofRowName(library).openBlas()))
                    .run();
            return true;
        }
    }

    /** Two processes that a user would start: each told by a line how many tasks to do, answering by another. */
    private static final class ByHand implements AutoCloseable {
        private record Child(Process process, PrintStream to, BufferedReader from) {}

        private final List<Child> children = new ArrayList<>();

        ByHand(String library, String kind) throws IOException {
            for (int i = 0; i < WORKERS; i++) {
                ProcessBuilder builder = new ProcessBuilder(ChildRow.java(Hand.class, List.of(library, kind)));
                builder.environment().put("OPENBLAS_NUM_THREADS", Integer.toString(INNER));
                Process process = builder.redirectError(Redirect.INHERIT).start();
                children.add(new Child(
                        process,
                        new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8),
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))));
            }
        }

        /** How many each does in some seconds. */
        int tasksIn(double seconds) throws IOException {
            int tasks = 1;
            for (int i = 0; i < 3; i++) { // warms up, too
                long begin = System.nanoTime();
                run(tasks);
                double taken = (System.nanoTime() - begin) / 1e9;
                tasks = Math.clamp(Math.round(seconds / taken * tasks), 1, 1 << 20);
            }
            return tasks;
        }

        void run(int tasksEach) throws IOException {
            for (Child child : children) {
                child.to.println(tasksEach);
            }
            for (Child child : children) {
                if (child.from.readLine() == null) {
                    throw new IOException("a process that is limited by hand has ended: see above");
                }
            }
        }

        @Override
        public void close() {
            children.forEach(child -> child.process.destroy());
        }
    }

    /** The main class of such a process. */
    static final class Hand {
        private Hand() {}

        public static void main(String[] arguments) throws Exception {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            try (PlainThreads thread = new PlainThreads(1)) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    int tasks = Integer.parseInt(line);
                    thread.run(List.of(() -> drain(arguments, tasks)));
                    System.out.println("done");
                }
            }
        }

        private static boolean drain(String[] arguments, int tasks) {
            for (int task = 0; task < tasks; task++) {
                Work.run(arguments[0], arguments[1]);
            }
            return true;
        }
    }
}
