package io.heddle.ray.cluster;

import io.heddle.backend.CallSettings;

/** The CPUs that Ray sets aside for an actor. */
public final class Demand {
    private Demand() {}

    /**
     * What the user said, else the threads that the user allows in each worker, else the worker's share as far as a node can give it.
     *
     * @param innerMaxNumThreads what its native libraries may use
     * @param explicit whether the user said that
     * @param cpus the worker's share of the cluster's CPUs
     */
    static double of(RaySettings settings, Nodes nodes, int innerMaxNumThreads, boolean explicit, int cpus) {
        if (settings.cpusPerWorker() > 0) {
            return settings.cpusPerWorker();
        }
        return explicit ? innerMaxNumThreads : nodes.fitting(cpus);
    }

    /**
     * A call with no more jobs than the cluster has room for.
     *
     * @param call as it was asked for
     * @return the same, or with fewer jobs, at least 1
     */
    public static CallSettings limited(RaySettings settings, Nodes nodes, CallSettings call) {
        boolean explicit = call.explicitInnerMaxNumThreads().isPresent();
        double each = of(settings, nodes, call.innerMaxNumThreads(0), explicit, call.cpus(0));
        int jobs = Math.max(Math.min(call.jobs(), nodes.room(each)), 1);
        return jobs == call.jobs()
                ? call
                : new CallSettings(
                        jobs,
                        call.explicitInnerMaxNumThreads(),
                        call.mostInnerThreads(),
                        call.cpus(),
                        call.batchSize(),
                        call.timeLimit(),
                        call.nestingLevel(),
                        call.constraint(),
                        call.scattered());
    }
}
