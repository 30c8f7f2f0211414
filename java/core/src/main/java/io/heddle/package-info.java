/**
 * What a user types: {@link io.heddle.Parallel} spreads tasks over workers, {@link io.heddle.ParallelConfig} is the default of every
 * {@code Parallel} called inside it, and {@link io.heddle.NativeThreads} lists and limits the threads of native libraries.
 *
 * <p>Decisions that hold throughout:
 *
 * <ul>
 *   <li>The default backend is {@code threads}: the JVM has no global interpreter lock that would ask for processes.
 *   <li>A configuration belongs to the thread that opened it: it is the default of the calls made there, and other threads do not inherit
 *       it. Tasks on a worker begin with nothing configured; a call made there may use the worker's share of the CPUs,
 *       {@code max(usableCpus / effectiveJobs, 1)}. Tasks that run on the calling thread, as with one job, see its configuration.
 *   <li>Calls at nesting levels 0 and 1 run on threads unless something else is said, deeper ones on the thread that makes them.
 * </ul>
 */
package io.heddle;
