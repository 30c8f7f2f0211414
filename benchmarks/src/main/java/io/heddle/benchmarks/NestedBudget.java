package io.heddle.benchmarks;

import io.heddle.Parallel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.concurrent.Callable;

/** What do calls inside calls cost, compared with one call, where each task's BLAS has threads of its own? */
final class NestedBudget {
    private static final BlasWork.Kind KIND = BlasWork.Kind.DGEMM256;
    private static final int OUTER_JOBS = 2;
    private static final int OUTER_TASKS = 16;
    private static final int INNER_TASKS = 8;

    private final BlasWork work = new BlasWork(KIND, Libraries.OPENBLAS_EMBEDDED.openBlas());

    private NestedBudget() {}

    static Row row() {
        return new ChildRow(
                "budget.nested",
                "share of the flat form",
                NestedBudget.class,
                List.of(),
                Libraries.OPENBLAS_EMBEDDED,
                OUTER_TASKS + " tasks of jobs(" + OUTER_JOBS + "), each " + INNER_TASKS
                        + " products (dgemm n=256) of jobs(-1); flat: one jobs(-1) over all products, timed in turns;"
                        + " uncontrolled: the same on plain threads");
    }

    public static void main(String[] arguments) throws Exception {
        Measure measure = Measure.valueOf(arguments[0]);
        NestedBudget budget = new NestedBudget();
        int pairs = Pairs.count(measure);
        int cpus = Runtime.getRuntime().availableProcessors();
        Delayed flat = new Delayed(budget::flat);
        Delayed nested = new Delayed(budget::nested);
        try (PlainThreads outer = new PlainThreads(OUTER_JOBS);
                PlainThreads inner = new PlainThreads(OUTER_JOBS * cpus)) {
            SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
            contenders.put(RowResult.HEDDLE, () -> Pairs.share(pairs, flat, nested));
            if (measure != Measure.CHECK) {
                contenders.put(
                        "uncontrolled",
                        () -> Pairs.share(pairs, budget::flat, () -> budget.uncontrolled(outer, inner)));
            }
            ChildRow.report(
                    measure,
                    contenders,
                    () -> String.format(
                            Locale.ROOT,
                            "run delay of the compute threads %.1f %% of their CPU time, flat %.1f %%",
                            100 * nested.delay(),
                            100 * flat.delay()));
        }
    }

    private void flat() {
        Parallel.jobs(-1).range(OUTER_TASKS * INNER_TASKS, index -> product());
    }

    private void nested() {
        Parallel.jobs(OUTER_JOBS).range(OUTER_TASKS, index -> Parallel.jobs(-1).range(INNER_TASKS, inner -> product()));
    }

    private void uncontrolled(PlainThreads outer, PlainThreads inner) throws Exception {
        Callable<Boolean> product = this::product;
        outer.run(Collections.nCopies(OUTER_TASKS, () -> inner.run(Collections.nCopies(INNER_TASKS, product))));
    }

    private boolean product() {
        work.run();
        return true;
    }

    /** A form that also measures how long its threads were kept from a CPU. */
    private static final class Delayed implements Pairs.Form {
        private final Pairs.Form form;
        private final List<Double> delays = new ArrayList<>();

        Delayed(Pairs.Form form) {
            this.form = form;
        }

        @Override
        public void run() throws Exception {
            ThreadTimes before = ThreadTimes.now();
            form.run();
            delays.add(ThreadTimes.now().since(before).delayOfComputing());
        }

        double delay() {
            return Pairs.median(delays.stream().mapToDouble(Double::doubleValue).toArray());
        }
    }
}
