package io.heddle;

import io.heddle.dispatch.CallFailure;
import io.heddle.dispatch.Results;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The results of a running call, as a stream. */
final class ResultStream<R extends @Nullable Object> extends Spliterators.AbstractSpliterator<R> {
    private final Results results;

    private ResultStream(Results results, long size, int characteristics) {
        super(size, characteristics);
        this.results = results;
    }

    static <R extends @Nullable Object> Stream<R> of(Results results, long size, boolean ordered) {
        // not SIZED: count() would then answer without running a task
        return StreamSupport.stream(new ResultStream<R>(results, size, ordered ? Spliterator.ORDERED : 0), false)
                .onClose(results::close);
    }

    @Override
    @SuppressWarnings({"unchecked", "NullAway"}) // what the tasks returned
    public boolean tryAdvance(Consumer<? super R> action) {
        try {
            return results.advance(result -> action.accept((R) result));
        } catch (CallFailure failure) {
            throw CallExceptions.of(failure);
        }
    }

    /** Not split: the results come one after the other. */
    @Override
    public @Nullable Spliterator<R> trySplit() {
        return null;
    }
}
