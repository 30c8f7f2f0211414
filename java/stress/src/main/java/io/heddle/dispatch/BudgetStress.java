package io.heddle.dispatch;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.heddle.dispatch.Budget.Share;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZZI_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Calls that come and go at one place of the budget. */
final class BudgetStress {
    private BudgetStress() {}

    @JCStressTest
    @Outcome(id = "true, true, 2", expect = ACCEPTABLE, desc = "Both got a worker in; a later call has both CPUs.")
    @Outcome(expect = FORBIDDEN, desc = "A call got no worker in, or one that has gone still counts.")
    @State
    public static class TwoCallsEnterAndExit {
        private final Budget place = Budget.of(2);
        private final Share first = place.share(2, 2, false, 0);
        private final Share second = place.share(2, 2, false, 0);

        @Actor
        public void first(ZZI_Result r) {
            r.r1 = first.enter(() -> true);
            first.exit();
        }

        @Actor
        public void second(ZZI_Result r) {
            r.r2 = second.enter(() -> true);
            second.exit();
        }

        @Arbiter
        public void later(ZZI_Result r) {
            r.r3 = place.share(2, 2, false, 0).cpus();
        }
    }

    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first worker has the only CPU.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second worker has the only CPU.")
    @Outcome(id = "true, true", expect = FORBIDDEN, desc = "An adaptive call has more workers at work than CPUs.")
    @Outcome(id = "false, false", expect = FORBIDDEN, desc = "The CPU is free and no worker got it.")
    @State
    public static class TwoWorkersForOneCpu {
        private final Share share = Budget.of(1).share(1, 2, false, 0);

        @Actor
        public void first(ZZ_Result r) {
            r.r1 = share.enter(() -> true);
        }

        @Actor
        public void second(ZZ_Result r) {
            r.r2 = share.enter(() -> true);
        }
    }

    @JCStressTest
    @Outcome(
            id = "true, false",
            expect = ACCEPTABLE,
            desc = "The waiting worker has the CPU, and nobody else can have it.")
    @Outcome(expect = FORBIDDEN, desc = "Two workers for one CPU. (A lost wake-up shows as a run that does not end.)")
    @State
    public static class WaitingWorkerAgainstOneThatExits {
        private final Share share = Budget.of(1).share(1, 2, false, 0);

        public WaitingWorkerAgainstOneThatExits() {
            share.enterAnyway();
        }

        @Actor
        public void waits(ZZ_Result r) {
            r.r1 = share.enter(() -> false);
        }

        @Actor
        public void exits() {
            share.exit();
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r2 = share.enter(() -> true);
        }
    }

    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "The waiting call went on when the other call had gone.")
    @Outcome(expect = FORBIDDEN, desc = "It did not get the place. (A lost wake-up shows as a run that does not end.)")
    @State
    public static class WaitingWorkerAgainstOtherCallThatExits {
        private final Budget place = Budget.of(2);
        private final Share share = place.share(2, 2, false, 0);
        private final Share other = place.share(2, 2, false, 0);

        public WaitingWorkerAgainstOtherCallThatExits() {
            share.enterAnyway();
            other.enterAnyway();
        }

        @Actor
        public void waits(ZZ_Result r) {
            r.r1 = share.enter(() -> false);
        }

        @Actor
        public void exits() {
            other.exit();
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r2 = !share.isOverdrawn();
        }
    }

    @JCStressTest
    @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "The waiting worker was told that its call is over.")
    @Outcome(
            expect = FORBIDDEN,
            desc = "A worker got in beside another. (A lost wake-up shows as a run that does not end.)")
    @State
    public static class WaitingWorkerAgainstEndOfItsCall {
        private final Share share = Budget.of(1).share(1, 2, false, 0);
        private volatile boolean over;

        public WaitingWorkerAgainstEndOfItsCall() {
            share.enterAnyway();
        }

        @Actor
        public void waits(ZZ_Result r) {
            r.r1 = share.enter(() -> over);
        }

        @Actor
        public void ends() {
            over = true;
            Budget.changed();
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r2 = share.enter(() -> true);
        }
    }

    @JCStressTest
    @Outcome(id = "2", expect = ACCEPTABLE, desc = "The other call has not come, or has gone.")
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "The other call has its half.")
    @Outcome(expect = FORBIDDEN, desc = "A part that neither state of the place gives.")
    @State
    public static class PartAgainstOtherCall {
        private final Budget place = Budget.of(2);
        private final Share share = place.share(2, 2, false, 0);
        private final Share other = place.share(2, 2, false, 0);

        public PartAgainstOtherCall() {
            share.enterAnyway();
        }

        @Actor
        public void asks(I_Result r) {
            r.r1 = share.cpus();
        }

        @Actor
        public void comesAndGoes() {
            other.enterAnyway();
            other.exit();
        }
    }
}
