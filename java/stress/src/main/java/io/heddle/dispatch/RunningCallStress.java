package io.heddle.dispatch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.heddle.dispatch.Calls.Counted;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ILL_Result;
import org.openjdk.jcstress.infra.results.LIL_Result;
import org.openjdk.jcstress.infra.results.LLLL_Result;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** The end of a call, against whatever still goes on in it. */
final class RunningCallStress {
    private RunningCallStress() {}

    @JCStressTest
    @Outcome(
            id = "true, true, failed by first, 1",
            expect = ACCEPTABLE,
            desc = "The first failure is told; both saw the call stopped.")
    @Outcome(
            id = "true, true, failed by second, 1",
            expect = ACCEPTABLE,
            desc = "The second failure is told; both saw the call stopped.")
    @Outcome(expect = FORBIDDEN, desc = "None or both were counted, or the call went on after a failure.")
    @State
    public static class TwoFailures {
        private final IndexedWork work = Calls.indexed(new Counted(2), 2, Choice.NONE, false);

        public TwoFailures() {
            work.take(2);
        }

        @Actor
        public void first(LLLL_Result r) {
            work.fail(0, new ArithmeticException("first"));
            r.r1 = work.isStopped();
        }

        @Actor
        public void second(LLLL_Result r) {
            work.fail(1, new ArithmeticException("second"));
            r.r2 = work.isStopped();
        }

        @Arbiter
        public void caller(LLLL_Result r) {
            work.awaitSettled();
            r.r3 = Calls.resultOf(work);
            r.r4 = work.failed();
        }
    }

    @JCStressTest
    @Outcome(
            id = "1, 0, DONE",
            expect = ACCEPTABLE,
            desc = "Settled when the task was done and the worker out; its result is whole.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "Settled too early. (A call that never settles shows as a run that does not end.)")
    @State
    public static class WorkerAgainstCaller {
        private final IndexedWork work = Calls.indexed(new Counted(1), 1, Choice.NONE, false);

        @Actor
        public void worker() {
            work.runHere(0);
        }

        @Actor
        public void caller(LIL_Result r) {
            work.awaitSettled();
            r.r1 = Calls.resultOf(work);
            r.r2 = work.workersBusy();
            r.r3 = work.state();
        }
    }

    @JCStressTest
    @Outcome(id = "DONE, DONE, DONE", expect = ACCEPTABLE, desc = "Both found the call settled as they left.")
    @Outcome(id = "DONE, RUNNING, DONE", expect = ACCEPTABLE, desc = "The first left last and settled it.")
    @Outcome(id = "RUNNING, DONE, DONE", expect = ACCEPTABLE, desc = "The second left last and settled it.")
    @Outcome(expect = FORBIDDEN, desc = "All have left and nobody settled the call.")
    @State
    public static class LastWorkerSettles {
        private final IndexedWork work = Calls.indexed(new Counted(1), 2, Choice.NONE, false);

        @Actor
        public void first(LLL_Result r) {
            work.runHere(0);
            r.r1 = work.state();
        }

        @Actor
        public void second(LLL_Result r) {
            work.runHere(1);
            r.r2 = work.state();
        }

        @Arbiter
        public void later(LLL_Result r) {
            r.r3 = work.state();
        }
    }

    @JCStressTest
    @Outcome(id = "0, 0, CANCELLED", expect = ACCEPTABLE, desc = "No task began after the stop.")
    @Outcome(
            id = "1, 0, CANCELLED",
            expect = ACCEPTABLE_INTERESTING,
            desc = "The worker had looked before the stop: the task that it had in hand began, and no other.")
    @Outcome(expect = FORBIDDEN, desc = "The worker began another task after the stop, or is not out.")
    @State
    public static class StopAgainstWorkerComingIn {
        private final Counted tasks = new Counted(4);
        private final IndexedWork work = Calls.indexed(tasks, 1, Choice.NONE.withBatchSize(4), false);
        private int runBefore;

        @Actor
        public void stops() {
            work.interrupt();
            runBefore = tasks.runs();
        }

        @Actor
        public void worker() {
            work.runHere(0);
        }

        @Arbiter
        public void later(ILL_Result r) {
            r.r1 = tasks.runs() - runBefore;
            r.r2 = work.workersBusy();
            r.r3 = work.state();
        }
    }

    /** A task's time is over, as who looks after time limits finds, while it ends. */
    @JCStressTest
    @Outcome(id = "false, 1, 0, DONE", expect = ACCEPTABLE, desc = "The task ended in time.")
    @Outcome(
            id = "false, TimeoutException, 1, DONE",
            expect = ACCEPTABLE,
            desc = "Its time was over first: that failure is told, and once.")
    @Outcome(expect = FORBIDDEN, desc = "Told twice or not at all, or the interrupt outlived the task that it was for.")
    @State
    public static class TimeLimitAgainstTasksEnd {
        private final IndexedWork work = Calls.indexed(new Counted(1), 1, limited(), true);

        @Actor
        public void worker(LLLL_Result r) {
            work.runHere(0);
            r.r1 = Thread.interrupted();
        }

        @Actor
        public void watch() {
            work.watchTimes();
        }

        @Arbiter
        public void later(LLLL_Result r) {
            r.r2 = Calls.resultOf(work);
            r.r3 = work.failed();
            r.r4 = work.state();
        }
    }

    /** A worker is given up while the first of its two tasks ends. */
    @JCStressTest
    @Outcome(id = "false, 1 2, 0, DONE", expect = ACCEPTABLE, desc = "Both tasks ended in time.")
    @Outcome(
            id = "false, TimeoutException 2, 0, DONE",
            expect = ACCEPTABLE,
            desc = "The first was late; its worker came back and ran the second.")
    @Outcome(
            id = "false, 1 TimeoutException, 0, DONE",
            expect = ACCEPTABLE,
            desc = "The second was late; that is told.")
    @Outcome(
            id = "false, TimeoutException TimeoutException, 0, DONE",
            expect = ACCEPTABLE,
            desc = "The watch reached into both tasks.")
    @Outcome(
            id = "false, failed by the call, 0, FAILED",
            expect = ACCEPTABLE,
            desc = "The last worker was given up with a task left, and the call was ended for that.")
    @Outcome(
            expect = FORBIDDEN,
            desc =
                    "The worker is counted twice or still, the call never settled, a task was told twice, or an interrupt outlived its task.")
    @State
    public static class AbandonedWorkerAgainstTasksEnd {
        private final IndexedWork work = Calls.indexed(new Counted(2), 1, limited(), true);

        @Actor
        public void worker(LLLL_Result r) {
            work.runHere(0);
            r.r1 = Thread.interrupted();
        }

        @Actor
        public void watch() {
            Watch.twice(work);
        }

        @Arbiter
        public void later(LLLL_Result r) {
            r.r2 = Calls.resultOf(work);
            r.r3 = work.workersBusy();
            r.r4 = work.state();
        }
    }

    private static Choice limited() {
        return Choice.NONE.withTimeLimit(Duration.ofNanos(1));
    }

    /** Looks after time limits with a clock of its own: a worker is given up a second after its time. */
    private static final class Watch {
        private static final VarHandle SLOTS;

        static {
            try {
                SLOTS = MethodHandles.privateLookupIn(RunningCall.class, MethodHandles.lookup())
                        .findVarHandle(RunningCall.class, "slots", Slot[].class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private Watch() {}

        static void twice(RunningCall call) {
            @Nullable Slot slot = ((@Nullable Slot[]) SLOTS.get(call))[0];
            if (slot != null) {
                long now = System.nanoTime();
                slot.watchTime(now + 1);
                slot.watchTime(now + 1 + RunningCall.STOP_GRACE.toNanos());
            }
        }
    }
}
