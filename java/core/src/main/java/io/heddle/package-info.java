/**
 * What a user types: {@link io.heddle.Parallel} spreads tasks over workers, {@link io.heddle.ParallelConfig} is the default of every
 * {@code Parallel} called inside it, and {@link io.heddle.NativeThreads} lists and limits the threads of native libraries.
 *
 * <p>Decisions that hold throughout:
 *
 * <ul>
 *   <li>The default backend is {@code threads}: the JVM has no global interpreter lock that would ask for processes.
 *   <li>A configuration belongs to the thread that opened it and reaches the tasks of the calls made in it; other threads do not
 *       inherit it. Inside a task nothing is configured: a call made there may use the worker's share of the CPUs, its inner limit.
 *   <li>Calls at nesting levels 0 and 1 run on threads unless something else is said, deeper ones on the thread that makes them.
 * </ul>
 */
package io.heddle;
