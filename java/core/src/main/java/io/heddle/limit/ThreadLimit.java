package io.heddle.limit;

import java.util.List;

/**
 * An open limit on native libraries, from the call that opened it to {@link #close()}:
 *
 * <pre>{@code
 * try (var _ = NativeThreads.limit(1)) {
 *     dgemm(…);
 * }
 * }</pre>
 *
 * <p>Confined to the thread that opened it: every other thread gets an {@link IllegalStateException}. A limit that
 * its thread never closed stays until the next limit on the library is opened after that thread has ended; a warning tells of it. One that a task of {@code Parallel} leaves open is closed after the task's
 * range, with a warning.
 *
 * <p>A library that is loaded while the limit is open comes under it when its thread next opens a limit or calls {@link #refresh()}; in a
 * task of {@code Parallel}, at the latest at the worker's next range of tasks.
 */
public interface ThreadLimit extends AutoCloseable {
    /**
     * The number that was asked for.
     *
     * @return at least 1; the least of them where libraries were given numbers of their own
     */
    int threads();

    /**
     * What this limit did to each library.
     *
     * @return one entry for each library, or shared runtime, that it holds
     * @throws IllegalStateException if called by another thread than the one that opened it, or after {@link #close()}
     */
    List<AppliedLimit> applied();

    /**
     * Runs native work under this limit and counts by their CPU time the threads that worked: the proof that a library keeps to the number
     * its getter tells. If more worked than the limit allows, a warning says so. To be called while nothing else computes in this
     * process.
     *
     * @param work one native call, made by the calling thread, that takes at least 0.1 s of CPU time; of several the library may give each to
     *     other threads of its pool, and all of them count; a library that spins after its work
     *     counts as working, so let the library rest before
     * @return the threads that worked, the calling one included; those of the JVM itself are left out
     * @throws IllegalStateException if called by another thread than the one that opened it, after {@link #close()}, or where there is no
     *     {@code /proc}
     */
    int countWorking(Runnable work);

    /**
     * Takes under this limit what was loaded since it was opened or last refreshed.
     *
     * @throws IllegalStateException if called by another thread than the one that opened it, or after {@link #close()}
     */
    void refresh();

    /**
     * Gives the libraries back, each to the least of the limits still open on it or, with none left, to the value that was found. A
     * second call does nothing.
     *
     * @throws IllegalStateException if called by another thread than the one that opened it; the limit stays open then
     */
    @Override
    void close();
}
