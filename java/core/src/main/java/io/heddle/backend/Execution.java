package io.heddle.backend;

/** A call that a backend runs. Thread-safe. */
@FunctionalInterface
public interface Execution {
    /**
     * Makes running tasks stop as far as the backend can: by an interrupt, or by killing a worker. Called after the work was stopped, so
     * no further task is taken. Does not wait: {@link Work#end()} tells when the workers are gone.
     */
    void cancel();
}
