package io.heddle.control;

/** What a user registered or installed, until {@link #close()}. Thread-safe. */
public interface Registration extends AutoCloseable {
    /**
     * Takes it back. A pool: limits that are opened from now on do not reach it; those that are open give it back what they found. A second call
     * does nothing.
     */
    @Override
    void close();
}
