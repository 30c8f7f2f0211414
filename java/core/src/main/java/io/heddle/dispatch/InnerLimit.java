package io.heddle.dispatch;

import org.jspecify.annotations.Nullable;

/**
 * What the workers of a call may use inside.
 *
 * @param held whether the backend can hold a limit
 * @param said the native threads in each worker as the user said it, at least 1; else a worker's share of the CPUs is its limit, as a cap:
 *     no library is raised above what its own variables or setters say
 * @param most what a call further out says
 */
record InnerLimit(
        boolean held, @Nullable Integer said, @Nullable Integer most) {
    boolean explicit() {
        return said != null;
    }

    /** The native threads of a worker that has some CPUs, at least 1. */
    int maxNumThreads(int cpus) {
        if (said != null) {
            return said;
        }
        return most != null ? Math.min(most, cpus) : cpus;
    }
}
