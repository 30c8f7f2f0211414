package io.heddle.processes.pool;

/** How large the batches of a lane are and how many a worker has of them, by the time that tasks took. Guarded by the lane's lock. */
final class BatchPace {
    private static final int LARGEST_BATCH = 1 << 16;
    private static final int GROWTH = 8;

    private final ProcessCall call;
    private final Pace pace;
    private final boolean mayWait;
    private int batch = 1;
    private double taskNanos; // 0 for not known yet

    BatchPace(ProcessCall call) {
        this.call = call;
        this.pace = call.pool.settings().source().pace();
        this.mayWait = call.work.takeMayWait();
    }

    /** Some tasks were run one after the other. */
    void ran(int tasks, long nanos) {
        double now = Math.max((double) nanos / tasks, 1);
        taskNanos = taskNanos == 0 ? now : 0.5 * taskNanos + 0.5 * now;
    }

    /** How many batches the worker may have. */
    int ahead() {
        if (taskNanos == 0 || call.timeLimitNanos() != null) {
            return 1;
        }
        double batchNanos = taskNanos * batch;
        if (batchNanos > 2.0 * pace.batchNanos()) { // long tasks: one more, for as long as there are enough of them to
            // even out
            boolean many = !mayWait && call.left() > 2L * call.settings.jobs();
            return many ? 2 : 1;
        }
        return (int) Math.clamp(pace.aheadNanos() / batchNanos, 2, pace.mostAhead());
    }

    /** How many tasks the next batch may have. */
    int nextBatch() {
        if (call.timeLimitNanos() != null) {
            return 1;
        }
        if (taskNanos > 0) {
            long wanted = (long) Math.max(pace.batchNanos() / taskNanos, 1);
            batch = (int) Math.min(Math.min(wanted, (long) GROWTH * batch), LARGEST_BATCH);
        }
        long share = Math.max(call.left() / (2L * call.settings.jobs()), 1);
        return (int) Math.min(batch, share);
    }
}
