package io.heddle.backend;

/** A wish for the kind of backend, for where no backend is said: {@code prefer} of joblib. */
public enum Hint {
    /** Threads of this process: what is done without a hint. */
    THREADS,
    /** Worker processes, if there is a backend of them; threads otherwise. */
    PROCESSES
}
