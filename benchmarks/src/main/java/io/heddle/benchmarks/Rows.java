package io.heddle.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/** Every row, in the order of their output. */
final class Rows {
    private static final int TASKS = 100_000;
    private static final int MORE_TASKS = 1_000_000;

    private static final List<BlasWork.Kind> THROUGHPUT =
            List.of(BlasWork.Kind.DGEMM256, BlasWork.Kind.DGEMM1024, BlasWork.Kind.DGESV500, BlasWork.Kind.DSYEV200);

    private Rows() {}

    static List<Row> all() {
        List<Row> rows = new ArrayList<>(List.of(
                limitOne(),
                limitTwo(),
                discovery(),
                dispatch(),
                UnevenTasks.row(),
                lazy(),
                call(),
                Latency.row(),
                NestedBudget.row(),
                processesNoop("auto", TASKS, "inputs and results in automatic batches"),
                processesNoop("range", TASKS, "a range of indices; loky: inputs in automatic batches"),
                processesNoop("single", TASKS / 10, "batch 1, 1e4 tasks, loky 2e3"),
                ProcessCalls.row()));
        rows.addAll(DaskRow.rows());
        rows.addAll(RayRow.rows());
        rows.addAll(WorkerLife.rows());
        rows.add(ProcessThroughput.row(BlasWork.Kind.DSYEV200));
        rows.add(ProcessThroughput.row(BlasWork.Kind.DGEMM256));
        for (Libraries library :
                List.of(Libraries.OPENBLAS_EMBEDDED, Libraries.OPENBLAS_PTHREADS, Libraries.OPENBLAS_OPENMP)) {
            for (BlasWork.Kind work : THROUGHPUT) {
                rows.add(Throughput.row(library, work));
            }
        }
        return rows;
    }

    private static Row limitOne() {
        return new JmhRow(
                "limit.one-library",
                "ns",
                LimitBenchmark.class,
                methods("heddle", "one", "floor", "oneFloor", "jni", "oneJni", "javacpp", "oneJavaCpp"),
                List.of(1),
                1,
                new Python.Peer("threadpoolctl", () -> List.of("limit", "one")),
                Optional.empty(),
                "OpenBLAS on POSIX threads");
    }

    private static Row limitTwo() {
        return new JmhRow(
                "limit.two-libraries",
                "ns",
                LimitBenchmark.class,
                methods("heddle", "two", "floor", "twoFloor", "jni", "twoJni"),
                List.of(1),
                1,
                new Python.Peer(
                        "threadpoolctl",
                        () -> List.of(
                                "limit",
                                "two",
                                Libraries.LIBGOMP.path().orElseThrow().toString())),
                Optional.of(Libraries.LIBGOMP),
                "libgomp and OpenBLAS on POSIX threads");
    }

    private static Row discovery() {
        return new JmhRow(
                "discovery.full",
                "µs",
                DiscoveryBenchmark.class,
                methods("heddle", "full", "token", "maps"),
                List.of(1),
                1,
                new Python.Peer(
                        "threadpoolctl",
                        () -> List.of(
                                "discovery",
                                Libraries.LIBGOMP.path().orElseThrow().toString())),
                Optional.of(Libraries.LIBGOMP),
                "libgomp and OpenBLAS on POSIX threads; token: one read of /proc/self/maps");
    }

    private static Row dispatch() {
        return new JmhRow(
                "dispatch.threads.noop",
                "µs a task",
                DispatchBenchmark.class,
                methods(
                        "heddle",
                        "heddle",
                        "floor",
                        "floor",
                        "invokeAll",
                        "invokeAll",
                        "forkJoin",
                        "forkJoin",
                        "parallelStream",
                        "parallelStream",
                        "token",
                        "token"),
                List.of(TASKS, MORE_TASKS),
                1,
                new Python.Peer("joblib", () -> List.of("dispatch", Integer.toString(TASKS / 10))),
                Optional.empty(),
                "the worse of 1e5 and 1e6 tasks, joblib at 1e4");
    }

    private static Row lazy() {
        SequencedMap<String, List<String>> methods =
                methods("heddle", "forEach", "floor", "floor", "parallelStream", "parallelStream", "token", "token");
        methods.put("heddle", List.of("forEach", "ordered"));
        return new JmhRow(
                "dispatch.lazy.noop",
                "µs a task",
                LazyDispatchBenchmark.class,
                methods,
                List.of(MORE_TASKS),
                1,
                new Python.Peer("joblib", () -> List.of("dispatch", Integer.toString(TASKS / 5))),
                Optional.empty(),
                "1e6 tasks from an iterator, joblib 2e4 from a generator; heddle: the worse of forEach and an ordered stream;"
                        + " floor: 64 at a time under one lock");
    }

    private static Row call() {
        return new JmhRow(
                "call.two-tasks.threads",
                "µs",
                CallBenchmark.class,
                methods("heddle", "heddle", "floor", "floor"),
                List.of(1),
                4,
                new Python.Peer("joblib", () -> List.of("call")),
                Optional.empty(),
                "floor: invokeAll on a fixed pool of two");
    }

    private static Row processesNoop(String form, int tasks, String note) {
        boolean single = form.equals("single");
        return new JmhRow(
                "processes.noop." + form,
                "µs a task",
                ProcessesBenchmark.class,
                methods("heddle", form, "token", "token"),
                List.of(tasks),
                4,
                new Python.Peer(
                        "loky",
                        () -> List.of(
                                "loky", "noop", single ? "1" : "auto", Integer.toString(single ? tasks / 5 : tasks))),
                Optional.empty(),
                "2 workers; " + note);
    }

    private static SequencedMap<String, List<String>> methods(String... contendersAndMethods) {
        SequencedMap<String, List<String>> methods = new LinkedHashMap<>();
        for (int i = 0; i < contendersAndMethods.length; i += 2) {
            methods.put(contendersAndMethods[i], List.of(contendersAndMethods[i + 1]));
        }
        return methods;
    }
}
