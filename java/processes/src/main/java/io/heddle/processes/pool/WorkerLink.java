package io.heddle.processes.pool;

import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** A worker as its pool sees it: frames to and from it, and its end. Thread-safe, but one thread reads. */
public interface WorkerLink {
    /**
     * Waits for the next frame of the worker.
     *
     * @throws IOException if the worker has ended or its frames make no sense; no other one comes
     */
    FrameInput read() throws IOException;

    /**
     * Writes frames with nothing between them; any thread.
     *
     * @param frames not changed afterwards
     * @throws io.heddle.processes.wire.FrameTooLargeException if the worker would refuse one; then none was written
     * @throws IOException if the channel is of no use any more
     */
    void write(FrameOutput... frames) throws IOException;

    /** Which one it is, for messages and names of threads: {@code 4711}. */
    String name();

    /** Its process number, on the machine where it runs. */
    long pid();

    /** The number of threads that its environment holds all native libraries to; 0 if it does not. */
    int environmentLimit();

    /**
     * Writes a frame that other workers get too: one of a scattered value. It has its place among the frames of {@link #write}. An engine that
     * can carry bytes once for many workers does so here, and lets them go by {@link ScatteredFrame#onFree}.
     *
     * @throws IOException if the channel is of no use any more
     */
    default void write(ScatteredFrame value) throws IOException {
        write(value.frame());
    }

    /** Whether it runs, as far as that is known. */
    boolean isAlive();

    /** Ends it at once; who reads sees the end. Does nothing to one that has ended. */
    void kill();

    /** Sees to it that it ends: no frame comes from it any more, whatever the reason for that was. */
    void end();

    /**
     * Of a worker's share of a call's CPUs as many as it has where it runs, which other workers of the call need not have.
     *
     * @param share at least 1
     * @return between 1 and {@code share}
     */
    default int cpus(int share) {
        return share;
    }

    /** The workers of this program that work where it is and take their places from the same few; those with fewer are used first. */
    default int neighbours() {
        return 0;
    }

    /**
     * A call is to use it, which no call did since {@link #rest}. Completed by false if it cannot be had now, where it is: its place is
     * taken by others; then it is ended, and another one launched.
     *
     * @param innerMaxNumThreads what its native libraries may use in that call
     * @param explicit whether the user said that
     * @param cpus the CPUs that it may use in that call
     */
    default CompletableFuture<Boolean> work(int innerMaxNumThreads, boolean explicit, int cpus) {
        return CompletableFuture.completedFuture(true);
    }

    /** No call uses it for now. Takes no time. */
    default void rest() {}

    /** Completed when it has ended; what depends on it should take little time. */
    CompletableFuture<?> onExit();

    /**
     * How it died, asked once its frames have ended. May wait some seconds until that is known; one that lives on is ended.
     *
     * @param during what it did, after "while", for instance "it ran task 7"
     */
    TerminatedWorkerException death(String during);
}
