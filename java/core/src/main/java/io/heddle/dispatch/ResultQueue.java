package io.heddle.dispatch;

import java.util.ArrayDeque;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The results that the consumer of a call does not have yet. Guarded by the lock of the call. */
final class ResultQueue {
    private final boolean ordered;
    private final Collection<Batch> open;
    private final ArrayDeque<Batch> batches = new ArrayDeque<>(); // where ordered, also those that are not done yet

    /**
     * None yet.
     *
     * @param ordered whether they are consumed in the order of the inputs
     * @param open the batches that are not done, as they are now
     */
    ResultQueue(boolean ordered, Collection<Batch> open) {
        this.ordered = ordered;
        this.open = open;
    }

    boolean isEmpty() {
        return batches.isEmpty();
    }

    void taken(Batch batch) {
        if (ordered) {
            batches.add(batch);
        }
    }

    /** True if it has something for the consumer now. */
    boolean done(Batch batch) {
        if (ordered) {
            return batches.peek() == batch;
        }
        if (batch.isRead()) {
            return false;
        }
        batches.add(batch);
        return true;
    }

    /** The next batch that is done, or else, if the consumer takes that, some of one that is not; null if there is nothing. */
    @Nullable
    Portion next(boolean partly) {
        while (!batches.isEmpty() && batches.getFirst().isRead()) {
            batches.removeFirst();
        }
        Batch first = batches.peek();
        if (first != null && first.done) {
            batches.removeFirst();
            return first.rest();
        }
        if (!partly) {
            return null;
        }
        if (ordered) {
            return first == null ? null : first.some(true);
        }
        for (Batch batch : open) {
            Portion some = batch.some(false);
            if (some != null) {
                return some;
            }
        }
        return null;
    }

    /** Whether there may be some of a batch before all of it. */
    boolean mayComePartly() {
        Batch first = batches.peek();
        return ordered ? first != null && first.size() > 1 : open.stream().anyMatch(batch -> batch.size() > 1);
    }
}
