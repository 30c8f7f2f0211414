package io.heddle.dask;

import io.heddle.backend.SharedFunction;
import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The work of a call that its sidecar knows of. Thread-safe.
 *
 * @param work the work itself
 * @param sidecar who is told of its end
 */
record CountedWork(Work work, Sidecar sidecar) implements Work {
    static Work of(Work work, DaskSettings settings) {
        return new CountedWork(work, Sidecars.ofCall(settings));
    }

    @Override
    public void end() {
        sidecar.callEnds();
        work.end();
    }

    @Override
    public OptionalLong size() {
        return work.size();
    }

    @Override
    public void runHere(int worker) {
        work.runHere(worker);
    }

    @Override
    public boolean takeMayWait() {
        return work.takeMayWait();
    }

    @Override
    public Optional<TaskRange> take(int most) {
        return work.take(most);
    }

    @Override
    public SharedFunction function() {
        return work.function();
    }

    @Override
    public boolean hasArguments() {
        return work.hasArguments();
    }

    @Override
    public @Nullable Object argument(long index) {
        return work.argument(index);
    }

    @Override
    public Callable<?> task(long index) {
        return work.task(index);
    }

    @Override
    public void succeed(long index, @Nullable Object result) {
        work.succeed(index, result);
    }

    @Override
    public void fail(long index, Throwable failure) {
        work.fail(index, failure);
    }

    @Override
    public boolean survivesFailures() {
        return work.survivesFailures();
    }

    @Override
    public void failCall(Throwable failure) {
        work.failCall(failure);
    }

    @Override
    public boolean isStopped() {
        return work.isStopped();
    }

    @Override
    public boolean isOver() {
        return work.isOver();
    }
}
