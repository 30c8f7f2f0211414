/**
 * Thread limits on native libraries.
 *
 * <p>One rule holds for every library: <b>the least of all open limits that affect a thread holds; when the last one closes, the value
 * that was found comes back</b>. A limit on a library of {@linkplain io.heddle.control.LimitScope#CURRENT_THREAD thread scope} affects
 * the thread that opened it. A limit on a library of {@linkplain io.heddle.control.LimitScope#PROCESS process scope} affects every
 * thread, so limits of several threads overlap there, and may close in any order. A limit may raise a library's number above the value
 * found where no other limit is open.
 *
 * <p>If somebody else set another number in between, a warning says so, and that number is theirs: it is left alone until the next limit is
 * opened, and it is what comes back when the last limit closes.
 */
package io.heddle.limit;
