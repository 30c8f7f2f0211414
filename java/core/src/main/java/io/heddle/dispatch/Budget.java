package io.heddle.dispatch;

import io.heddle.backend.CallSettings;
import io.heddle.topology.UsableCpus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/*
 * A tree. Its root has the usable CPUs; each call takes a share of the place where it is made, each of its workers has a part of that, and
 * is a place where further calls are made. A call counts as long as one of its workers is at work. Shares are not kept but worked out when a
 * worker asks, once per range of tasks: so a call that begins or ends is felt by all others, at any depth, without a word between them.
 */
/** The CPUs that the calls made at one place share: outside of tasks those of the process, in a task those of its worker. Thread-safe. */
final class Budget {
    /** The root. */
    static final Budget OF_PROCESS = new Budget(null, 0);

    /** Told whenever a worker stops being at work, where somebody waits for that. */
    private static final Object CHANGES = new Object();

    private static final AtomicInteger WAITING = new AtomicInteger();

    private final @Nullable Share above;
    private final int worker;
    private final List<Share> atWork = new ArrayList<>(2); // guarded by this; the oldest first
    private volatile @Nullable Share only; // the share at work, where there is just one

    private Budget(@Nullable Share above, int worker) {
        this.above = above;
        this.worker = worker;
    }

    /** A place of its own, for tasks whose call was made in another process. */
    static Budget of(int cpus) {
        return elsewhere(cpus, 1).place(0);
    }

    /** A share of the CPUs of another machine, or of several: nothing here is less for it. */
    static Share elsewhere(int cpus, int jobs) {
        return new Share(new Budget(null, 0), cpus, jobs, true, 0, false);
    }

    int cpus() {
        return above == null ? UsableCpus.countNow() : above.ofWorker(worker);
    }

    /**
     * A share for a call made here.
     *
     * @param cpus the CPUs that were found here
     * @param jobs the call's workers
     * @param fixed whether it has them all whatever others do
     * @param wanted the most CPUs that it can use; 0 for all
     */
    Share share(int cpus, int jobs, boolean fixed, int wanted) {
        return new Share(this, cpus, jobs, fixed, wanted, false);
    }

    /** A share of nothing, for a call whose tasks wait rather than compute: the calls that those make draw on this place. */
    Share idleShare(int cpus, int jobs) {
        return new Share(this, cpus, jobs, true, 0, true);
    }

    /** Wakes those who wait for a CPU: a call is over. */
    static void changed() {
        if (WAITING.get() > 0) {
            synchronized (CHANGES) {
                CHANGES.notifyAll();
            }
        }
    }

    private void updateOnly() {
        only = atWork.size() == 1 ? atWork.getFirst() : null;
    }

    /** Equal parts, but to nobody more than it can use; what cannot be divided goes to the oldest. */
    private synchronized int fairPart(Share of, int total) {
        List<Share> all = new ArrayList<>(atWork);
        if (!all.contains(of)) {
            all.add(of);
        }
        int left = total;
        int sharers = all.size();
        List<Share> modestFirst = new ArrayList<>(all);
        modestFirst.sort(Comparator.comparingInt(share -> share.wanted));
        for (Share share : modestFirst) {
            if ((long) share.wanted * sharers > left) {
                break;
            }
            if (share == of) {
                return share.wanted;
            }
            left -= share.wanted;
            sharers--;
            all.remove(share);
        }
        return CallSettings.share(left, sharers, all.indexOf(of));
    }

    /** The part of one call. Thread-safe. */
    static final class Share {
        private final Budget budget;
        private final int cpusAtStart;
        private final int jobs;
        private final boolean fixed;
        private final int wanted;
        private final boolean idle;
        private int workers; // at work; guarded by the budget

        private Share(Budget budget, int cpusAtStart, int jobs, boolean fixed, int wanted, boolean idle) {
            this.budget = budget;
            this.cpusAtStart = cpusAtStart;
            this.jobs = jobs;
            this.fixed = fixed;
            this.wanted = wanted == 0 ? Integer.MAX_VALUE : wanted;
            this.idle = idle;
        }

        /** The CPUs that this call may use now, at least 1. */
        int cpus() {
            int total = budget.above == null ? cpusAtStart : budget.cpus();
            Share only = budget.only;
            return only == this || (only == null && budget.isEmpty())
                    ? total
                    : Math.max(budget.fairPart(this, total), 1);
        }

        /** The CPUs of one worker, at least 1. */
        int ofWorker(int worker) {
            int cpus = cpus();
            int sharers = fixed ? jobs : Math.min(jobs, cpus);
            return CallSettings.share(cpus, sharers, worker);
        }

        /** The place where a worker's tasks make their calls. */
        Budget place(int worker) {
            return idle ? budget : new Budget(this, worker);
        }

        /** Whether more workers are at work than now may be. */
        boolean isOverdrawn() {
            if (fixed || (budget.only == this && jobs <= cpusAtStart && budget.above == null)) {
                return false;
            }
            synchronized (budget) {
                return workers > cpus();
            }
        }

        /**
         * A worker goes to work, when it may.
         *
         * @return false if the call was over before
         */
        boolean enter(BooleanSupplier over) {
            if (tryEnter()) {
                return true;
            }
            boolean interrupted = false;
            WAITING.incrementAndGet();
            try {
                synchronized (CHANGES) {
                    while (!over.getAsBoolean()) {
                        if (tryEnter()) {
                            return true;
                        }
                        try {
                            CHANGES.wait();
                        } catch (InterruptedException e) {
                            interrupted = true; // if it is the call's, that is over
                        }
                    }
                    return false;
                }
            } finally {
                WAITING.decrementAndGet();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private boolean tryEnter() {
            synchronized (budget) {
                if (!fixed && workers > 0 && workers >= cpus()) {
                    return false;
                }
                enterNow();
                return true;
            }
        }

        /** Something is at work whatever others do. */
        void enterAnyway() {
            synchronized (budget) {
                enterNow();
            }
        }

        private void enterNow() {
            if (workers++ == 0 && !idle) {
                budget.atWork.add(this);
                budget.updateOnly();
            }
        }

        /** A worker waits for something, or ends. */
        void exit() {
            synchronized (budget) {
                if (--workers == 0 && !idle) {
                    budget.atWork.remove(this);
                    budget.updateOnly();
                }
            }
            changed();
        }
    }

    private boolean isEmpty() {
        synchronized (this) {
            return atWork.isEmpty();
        }
    }
}
