package io.heddle.control;

/** What a user registered, from {@code NativeThreads.register} to {@link #close()}. Thread-safe. */
public interface Registration extends AutoCloseable {
    /**
     * Takes it back: limits that are opened from now on do not reach it; those that are open give it back what they found. A second call
     * does nothing.
     */
    @Override
    void close();
}
