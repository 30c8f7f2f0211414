package io.heddle.backend;

/** What a backend must have, whoever says the backend: {@code require} of joblib. */
public enum Constraint {
    /** Tasks see the caller's objects themselves. A configured backend that does not share memory is replaced by threads. */
    SHARED_MEMORY,
    /** Tasks run in other processes. A configured backend that shares memory is replaced by worker processes; there is no fallback. */
    SEPARATE_PROCESSES
}
