package io.heddle;

import io.heddle.dispatch.CallObserver;
import io.heddle.dispatch.CallView;
import java.time.Duration;

/** Tells a user's listener. */
record ListenerTelling(ParallelListener listener) implements CallObserver {
    private static CallStatus status(CallView call) {
        CallStatus.State state = switch (call.state()) {
            case RUNNING -> CallStatus.State.RUNNING;
            case DONE -> CallStatus.State.DONE;
            case FAILED -> CallStatus.State.FAILED;
            case CANCELLED -> CallStatus.State.CANCELLED;
        };
        return new CallStatus(
                call.number(),
                call.backend(),
                call.jobs(),
                call.innerMaxNumThreads(),
                call.nestingLevel(),
                call.total(),
                call.completed(),
                call.failed(),
                call.workersBusy(),
                Duration.ofNanos(call.elapsedNanos()),
                state);
    }

    @Override
    public void started(CallView call) {
        listener.callStarted(status(call));
    }

    @Override
    public void progressed(CallView call) {
        listener.progressed(status(call));
    }

    @Override
    public void failed(CallView call, long task, Throwable failure, boolean retried) {
        listener.taskFailed(status(call), task, failure, retried);
    }

    @Override
    public void ended(CallView call) {
        listener.callEnded(status(call));
    }
}
