package io.heddle.dispatch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.heddle.backend.TaskRange;
import io.heddle.dispatch.Calls.Counted;
import io.heddle.dispatch.Calls.Payload;
import java.util.Optional;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIL_Result;
import org.openjdk.jcstress.infra.results.LJJ_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Tasks of known number: taken by workers of this process, or given out and delivered. */
final class IndexedWorkStress {
    private IndexedWorkStress() {}

    @JCStressTest
    @Outcome(id = "3, 0, 1 2 3", expect = ACCEPTABLE, desc = "The first worker ran them all, each once.")
    @Outcome(id = "2, 1, 1 2 3", expect = ACCEPTABLE, desc = "Shared out, each once.")
    @Outcome(id = "1, 2, 1 2 3", expect = ACCEPTABLE, desc = "Shared out, each once.")
    @Outcome(id = "0, 3, 1 2 3", expect = ACCEPTABLE, desc = "The second worker ran them all, each once.")
    @Outcome(expect = FORBIDDEN, desc = "A task was lost or ran twice, or a result is missing.")
    @State
    public static class TwoWorkers {
        private final Counted tasks = new Counted(3);
        private final IndexedWork work = Calls.indexed(tasks, 2, Choice.NONE, false);

        @Actor
        public void first() {
            work.runHere(0);
        }

        @Actor
        public void second() {
            work.runHere(1);
        }

        @Arbiter
        public void caller(IIL_Result r) {
            r.r1 = tasks.runsOf(0);
            r.r2 = tasks.runsOf(1);
            r.r3 = Calls.resultOf(work);
        }
    }

    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Each has a task of its own.")
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "Each has a task of its own.")
    @Outcome(expect = FORBIDDEN, desc = "A task was given out twice, or not at all.")
    @State
    public static class TwoTakers {
        private final IndexedWork work = Calls.indexed(new Counted(2), 2, Choice.NONE, false);

        @Actor
        public void first(LL_Result r) {
            r.r1 = work.take(1).map(TaskRange::from).orElse(-1L);
        }

        @Actor
        public void second(LL_Result r) {
            r.r2 = work.take(1).map(TaskRange::from).orElse(-1L);
        }
    }

    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "The first delivery counts; the task is completed once.")
    @Outcome(id = "2, 1, 0", expect = ACCEPTABLE, desc = "The second delivery came first and counts; completed once.")
    @Outcome(expect = FORBIDDEN, desc = "Completed twice or never, or a result that is not whole.")
    @State
    public static class TwoDeliveries {
        private final IndexedWork work = Calls.indexed(new Counted(1), 2, Choice.NONE, false);

        public TwoDeliveries() {
            work.take(1);
        }

        @Actor
        public void first() {
            work.succeed(0, new Payload(1));
        }

        @Actor
        public void second() {
            work.succeed(0, new Payload(2));
        }

        @Arbiter
        public void caller(LJJ_Result r) {
            r.r1 = Calls.resultOf(work);
            r.r2 = work.completed();
            r.r3 = work.failed();
        }
    }

    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "The result came first and counts; no failure is counted.")
    @Outcome(id = "ArithmeticException, 1, 1", expect = ACCEPTABLE, desc = "The failure came first and counts, once.")
    @Outcome(expect = FORBIDDEN, desc = "Both counted, or neither, or the counts do not fit what is told.")
    @State
    public static class DeliveryAgainstFailure {
        private final IndexedWork work = Calls.indexed(new Counted(1), 2, Choice.NONE, true);

        public DeliveryAgainstFailure() {
            work.take(1);
        }

        @Actor
        public void succeeds() {
            work.succeed(0, new Payload(1));
        }

        @Actor
        public void fails() {
            work.fail(0, new ArithmeticException());
        }

        @Arbiter
        public void caller(LJJ_Result r) {
            r.r1 = Calls.resultOf(work);
            r.r2 = work.completed();
            r.r3 = work.failed();
        }
    }

    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Given out again to who asked after the failure.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "Asked before the failure; the task waits for the next.")
    @Outcome(expect = FORBIDDEN, desc = "The task was lost, or given out again twice for one failure.")
    @State
    public static class FailedTaskAgainstTaker {
        private final IndexedWork work = Calls.indexed(new Counted(1), 2, Choice.NONE.withRetries(1), false);

        public FailedTaskAgainstTaker() {
            work.take(1);
        }

        @Actor
        public void fails() {
            work.fail(0, new ArithmeticException());
        }

        @Actor
        public void takes(ZZ_Result r) {
            r.r1 = work.take(1).isPresent();
        }

        @Arbiter
        public void later(ZZ_Result r) {
            Optional<TaskRange> left = work.take(1);
            r.r2 = left.isPresent() && !work.isStopped();
        }
    }
}
