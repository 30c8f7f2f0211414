package io.heddle.backend;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A strategy to run the tasks of a call on workers.
 *
 * <p>An instance serves any number of calls, one after the other and at the same time; it is thread-safe.
 */
public interface Backend {
    /**
     * The name a user gives to get this backend.
     *
     * @return for instance {@code threads}
     */
    String name();

    /**
     * Whether tasks run in this process and see the caller's objects themselves.
     *
     * @return true if they do; then a call with one job runs on the calling thread instead
     */
    boolean sharesMemory();

    /**
     * Whether this backend can keep the native libraries of each worker to a number of threads.
     *
     * @return true if it can; otherwise an explicit {@code innerMaxNumThreads} is an error
     */
    boolean holdsInnerLimit();

    /**
     * Whether a time limit for each task holds here. Where tasks run in this process it is Heddle that holds it.
     *
     * @return true if it does; otherwise a {@code timeLimit} is an error
     */
    default boolean holdsTimeLimit() {
        return sharesMemory();
    }

    /**
     * How many workers a call can have.
     *
     * @param jobs the jobs asked for, at least 1, -1 and the like already resolved
     * @return what can really run; at least 1
     * @throws IllegalStateException if there is no worker to be had; the message says why and what to do
     */
    int effectiveJobs(int jobs);

    /**
     * The CPUs of the place where tasks run, where that is not this machine: a cluster's. Asked once for each call, on the caller's thread,
     * and only of a backend that does not share memory.
     *
     * <p>Where there is a number, -1 jobs and {@link CallSettings#cpus()} come from it, a call holds no part of this machine's CPUs while it
     * runs, and other calls are not made smaller by it. How several calls share those CPUs is the backend's affair.
     *
     * @return at least 1; empty, as without this method, for the CPUs of the place where the call is made
     * @throws IllegalStateException if that place cannot be asked; the message says why and what to do
     */
    default OptionalInt cpus() {
        return OptionalInt.empty();
    }

    /**
     * The jobs of a call where neither it nor a configuration says them.
     *
     * @return as a user would say it: -1 for all CPUs of the place where its tasks run
     */
    default int defaultJobs() {
        return -1;
    }

    /**
     * Who runs the calls that this backend's tasks make, unless something else is said there.
     *
     * @param level the nesting level of those calls, 1 or more
     * @return empty for the usual: threads at level 1, the task's own thread below
     */
    default Optional<Backend> nested(int level) {
        return Optional.empty();
    }

    /**
     * Starts workers on a call's tasks.
     *
     * <p>The backend must call {@link Work#end()} exactly once, when no worker is left, whatever happens; a backend that runs the tasks on
     * the calling thread does so before it returns.
     *
     * @param work the tasks
     * @param settings how to run them
     * @return the running call
     */
    Execution start(Work work, CallSettings settings);
}
