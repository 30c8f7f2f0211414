/**
 * What a user types: {@link io.heddle.Parallel} spreads tasks over workers, {@link io.heddle.ParallelConfig} is the default of every
 * {@code Parallel} called inside it, and {@link io.heddle.NativeThreads} lists and limits the threads of native libraries.
 *
 * <p>Decisions that hold throughout:
 *
 * <ul>
 *   <li>The default backend is {@code threads}: the JVM has no global interpreter lock that would ask for processes.
 *   <li>A configuration belongs to the thread that opened it: it is the default of the calls made there. Threads do not inherit it: an
 *       inherited configuration would outlive its scope in every pool that happened to start a thread inside it, and a share of the CPUs
 *       that was given to one task would be used by others. {@link io.heddle.ParallelConfig#capture()} is the one bridge, and one sees it
 *       in the code.
 *   <li>A task sees what binds it: its worker's share of the CPUs, the constraint, the listeners, and the inner limit as the most that nested
 *       calls may use. Backend, jobs, batches, time limit and retries were meant for the call itself. Tasks that run on the calling thread,
 *       as with one job, see its whole configuration.
 *   <li>The calling thread does not work on a call with more than one job: it could neither leave a task that heeds no interrupt, nor is its
 *       stack large enough for native linear algebra.
 *   <li>Calls at nesting levels 0 and 1 run on threads unless something else is said, deeper ones on the thread that makes them.
 * </ul>
 */
package io.heddle;
