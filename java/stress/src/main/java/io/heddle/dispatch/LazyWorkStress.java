package io.heddle.dispatch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.heddle.backend.TaskRange;
import io.heddle.dispatch.Calls.Counted;
import io.heddle.dispatch.Calls.Payload;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIL_Result;
import org.openjdk.jcstress.infra.results.LI_Result;
import org.openjdk.jcstress.infra.results.LJ_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.ZIL_Result;

/** Tasks as a producer gives them: taken by workers of this process, given out and delivered, consumed while the call runs. */
final class LazyWorkStress {
    private LazyWorkStress() {}

    @JCStressTest
    @Outcome(
            id = "3, 0, 1 2 3",
            expect = ACCEPTABLE,
            desc = "The first worker ran them all, each once, the results in order.")
    @Outcome(id = "2, 1, 1 2 3", expect = ACCEPTABLE, desc = "Shared out, each once, the results in order.")
    @Outcome(id = "1, 2, 1 2 3", expect = ACCEPTABLE, desc = "Shared out, each once, the results in order.")
    @Outcome(
            id = "0, 3, 1 2 3",
            expect = ACCEPTABLE,
            desc = "The second worker ran them all, each once, the results in order.")
    @Outcome(expect = FORBIDDEN, desc = "An input was lost or ran twice, or a result is missing or not in its place.")
    @State
    public static class TwoWorkersAndProducer {
        private final Counted tasks = new Counted(3);
        private final LazyWork work = Calls.lazy(tasks, LazyWork.Kept.LIST, 2, Choice.NONE);

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

    /** A worker with nothing to take goes on with the batch of another. */
    @JCStressTest
    @Outcome(id = "3, 0, 1 2 3", expect = ACCEPTABLE, desc = "The first worker ran the whole batch.")
    @Outcome(id = "2, 1, 1 2 3", expect = ACCEPTABLE, desc = "Both ran tasks of it, each once.")
    @Outcome(id = "1, 2, 1 2 3", expect = ACCEPTABLE, desc = "Both ran tasks of it, each once.")
    @Outcome(id = "0, 3, 1 2 3", expect = ACCEPTABLE, desc = "The second worker ran the whole batch.")
    @Outcome(expect = FORBIDDEN, desc = "A task of the batch was lost or ran twice, or the batch was not finished.")
    @State
    public static class TwoWorkersOfOneBatch {
        private final Counted tasks = new Counted(3);
        private final LazyWork work = Calls.lazy(tasks, LazyWork.Kept.LIST, 2, Choice.NONE.withBatchSize(3));

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
    @Outcome(expect = FORBIDDEN, desc = "An input was given out twice, or not at all.")
    @State
    public static class TwoTakers {
        private final LazyWork work = Calls.lazy(new Counted(2), LazyWork.Kept.LIST, 2, Choice.NONE);

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
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The first delivery counts; the task is completed once.")
    @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "The second delivery came first and counts; completed once.")
    @Outcome(expect = FORBIDDEN, desc = "Completed twice or never, or a result that is not whole.")
    @State
    public static class TwoDeliveries {
        private final LazyWork work = Calls.lazy(new Counted(1), LazyWork.Kept.LIST, 2, Choice.NONE);

        public TwoDeliveries() {
            work.take(1);
            work.take(1); // the producer's end
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
        public void caller(LJ_Result r) {
            r.r1 = Calls.resultOf(work);
            r.r2 = work.completed();
        }
    }

    @JCStressTest
    @Outcome(id = "1 2, 2", expect = ACCEPTABLE, desc = "The batch is complete when both are delivered, once.")
    @Outcome(expect = FORBIDDEN, desc = "Both deliveries, or neither, took themselves for the last of the batch.")
    @State
    public static class TwoDeliveriesOfOneBatch {
        private final LazyWork work = Calls.lazy(new Counted(2), LazyWork.Kept.LIST, 2, Choice.NONE);

        public TwoDeliveriesOfOneBatch() {
            while (work.take(2).isPresent()) {
                // two batches where the machine is slow
            }
        }

        @Actor
        public void first() {
            work.succeed(0, new Payload(1));
        }

        @Actor
        public void second() {
            work.succeed(1, new Payload(2));
        }

        @Arbiter
        public void caller(LJ_Result r) {
            r.r1 = Calls.resultOf(work);
            r.r2 = work.completed();
        }
    }

    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "Given out again to a taker that waited for room, or came later.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "The task was lost or given out twice. (A lost wake-up shows as a run that does not end.)")
    @State
    public static class FailedTaskAgainstTakerThatWaitsForRoom {
        private final LazyWork work = Calls.lazy(
                new Counted(3),
                LazyWork.Kept.ORDERED,
                1,
                Choice.NONE.withBatchSize(1).withRetries(1));

        public FailedTaskAgainstTakerThatWaitsForRoom() {
            work.take(1);
            work.take(1); // no room for a third
        }

        @Actor
        public void fails() {
            work.fail(1, new ArithmeticException());
        }

        @Actor
        public void takes(LL_Result r) {
            Optional<TaskRange> taken = work.take(1);
            r.r1 = taken.map(TaskRange::from).orElse(-1L);
        }

        @Arbiter
        public void later(LL_Result r) {
            r.r2 = work.failed();
        }
    }

    @JCStressTest
    @Outcome(
            id = "1 2 3, 0",
            expect = ACCEPTABLE,
            desc = "Each result came once, whole and in order; the worker has left.")
    @Outcome(
            expect = FORBIDDEN,
            desc =
                    "A result was lost, doubled, out of order or not whole. (A lost wake-up shows as a run that does not end.)")
    @State
    public static class ConsumerAgainstWorker {
        // two batches ahead at most: the worker waits for the consumer, too
        private final LazyWork work =
                Calls.lazy(new Counted(3), LazyWork.Kept.ORDERED, 1, Choice.NONE.withBatchSize(1));

        @Actor
        public void worker() {
            work.runHere(0);
        }

        @Actor
        public void consumer(LI_Result r) {
            r.r1 = consumed(work);
        }

        @Arbiter
        public void later(LI_Result r) {
            r.r2 = work.workersBusy();
        }
    }

    @JCStressTest
    @Outcome(
            id = "1 2 3, 0",
            expect = ACCEPTABLE,
            desc = "Each result came once and whole; of one worker they come in order.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "A result was lost, doubled or not whole. (A lost wake-up shows as a run that does not end.)")
    @State
    public static class UnorderedConsumerAgainstWorker {
        private final LazyWork work =
                Calls.lazy(new Counted(3), LazyWork.Kept.UNORDERED, 1, Choice.NONE.withBatchSize(1));

        @Actor
        public void worker() {
            work.runHere(0);
        }

        @Actor
        public void consumer(LI_Result r) {
            r.r1 = consumed(work);
        }

        @Arbiter
        public void later(LI_Result r) {
            r.r2 = work.workersBusy();
        }
    }

    @JCStressTest
    @Outcome(id = "cancelled, 0", expect = ACCEPTABLE, desc = "The waiting consumer was told that the call is stopped.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "It went on as if the call had ended well. (A lost wake-up shows as a run that does not end.)")
    @State
    public static class WaitingConsumerAgainstStop {
        private final LazyWork work = Calls.lazy(new Counted(3), LazyWork.Kept.ORDERED, 1, Choice.NONE);

        @Actor
        public void consumer(LI_Result r) {
            r.r1 = consumed(work);
        }

        @Actor
        public void stops() {
            work.interrupt();
        }

        @Arbiter
        public void later(LI_Result r) {
            r.r2 = work.workersBusy();
        }
    }

    @JCStressTest
    @Outcome(
            id = "true, 0, CANCELLED",
            expect = ACCEPTABLE,
            desc = "The worker left, whether it waited for room, ran a task or never came in.")
    @Outcome(
            expect = FORBIDDEN,
            desc =
                    "More was run than there was room for, or the worker is not out. (A lost wake-up shows as a run that does not end.)")
    @State
    public static class WorkerThatWaitsForRoomAgainstStop {
        private final Counted tasks = new Counted(3);
        private final LazyWork work = Calls.lazy(tasks, LazyWork.Kept.ORDERED, 1, Choice.NONE.withBatchSize(1));

        @Actor
        public void worker() {
            work.runHere(0);
        }

        @Actor
        public void stops() {
            work.interrupt();
        }

        @Arbiter
        public void later(ZIL_Result r) {
            r.r1 = tasks.runs() <= 2;
            r.r2 = work.workersBusy();
            r.r3 = work.state();
        }
    }

    private static String consumed(LazyWork work) {
        List<@Nullable Object> results = new ArrayList<>();
        try {
            for (Portion some = work.awaitResults(); some != null; some = work.awaitResults()) {
                results.addAll(Arrays.asList(some.results()));
                work.consumed(some);
            }
            work.checkDone();
        } catch (CallFailure e) {
            return Calls.text(e);
        }
        return Calls.text(results);
    }
}
