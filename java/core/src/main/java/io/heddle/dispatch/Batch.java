package io.heddle.dispatch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Tasks that were taken from a producer together, and their results. */
final class Batch {
    private static final Object MISSING = new Object();
    private static final Object CONSUMED = new Object();
    private static final VarHandle RESULT = MethodHandles.arrayElementVarHandle(Object[].class);

    final long from;
    final @Nullable Object[] inputs;
    final AtomicInteger next = new AtomicInteger(); // for the workers here
    final AtomicInteger missing;
    private final @Nullable Object[] results; // MISSING until there
    private int read; // results that the consumer has; guarded by the call's lock, as is what follows
    boolean finished;
    boolean done;

    Batch(long from, @Nullable Object[] inputs) {
        this.from = from;
        this.inputs = inputs;
        this.results = new @Nullable Object[inputs.length];
        Arrays.fill(results, MISSING);
        this.missing = new AtomicInteger(inputs.length);
    }

    int size() {
        return inputs.length;
    }

    void keep(int at, @Nullable Object result) {
        RESULT.setRelease(results, at, result);
    }

    boolean isMissing(int at) {
        return RESULT.getAcquire(results, at) == MISSING;
    }

    /** All of them, of a batch where none is missing and the consumer has none. */
    @Nullable
    Object[] results() {
        return results;
    }

    /** Whether the consumer has all of them. */
    boolean isRead() {
        return read == results.length;
    }

    /** All of a batch that is done, or what the consumer does not have yet. */
    Portion rest() {
        @Nullable Object[] rest = results;
        if (read > 0) {
            rest = Arrays.stream(results).filter(result -> result != CONSUMED).toArray();
        }
        read = results.length;
        return new Portion(this, rest, true);
    }

    /** What is there of a batch that is not done: in order, where that is asked for; null if there is nothing new. */
    @Nullable
    Portion some(boolean inOrder) {
        List<@Nullable Object> found = new ArrayList<>();
        for (int at = 0; at < results.length; at++) {
            Object result = RESULT.getAcquire(results, at);
            if (result == MISSING) {
                if (inOrder) {
                    break;
                }
            } else if (result != CONSUMED) {
                found.add(result);
                results[at] = CONSUMED;
            }
        }
        if (found.isEmpty()) {
            return null;
        }
        read += found.size();
        return new Portion(this, found.toArray(), isRead());
    }
}
