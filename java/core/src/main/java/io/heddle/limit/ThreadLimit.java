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
 * <p>Confined to the thread that opened it: every other thread gets an {@link IllegalStateException}. A limit that is never closed stays: on
 * a library of process scope even after its thread has ended. One that a task of {@code Parallel} leaves open is closed after the task's
 * range, with a warning.
 */
public interface ThreadLimit extends AutoCloseable {
    /**
     * The number that was asked for.
     *
     * @return at least 1
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
