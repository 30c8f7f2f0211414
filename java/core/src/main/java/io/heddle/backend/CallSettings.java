package io.heddle.backend;

/**
 * How one call is to run.
 *
 * @param jobs the workers to use, between 1 and what {@link Backend#effectiveJobs} answered
 * @param innerMaxNumThreads the threads that a native library may use in each worker, at least 1
 * @param innerLimitExplicit whether the user said that number; otherwise it is a cap: a library that its own variable or setter keeps
 *     below it stays there
 * @param cpusPerWorker the CPUs that the calls of one worker's tasks may share out, at least 1
 * @param nestingLevel 0 for a call made outside any task, 1 for one made in a task, and so on
 */
public record CallSettings(
        int jobs, int innerMaxNumThreads, boolean innerLimitExplicit, int cpusPerWorker, int nestingLevel) {}
