package io.heddle.dispatch;

import io.heddle.backend.Scattered;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A scattered value, held by scopes and calls; the last one that lets it go frees it. Thread-safe. */
final class ScatteredValue implements Scattered {
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final long number = NUMBERS.incrementAndGet();
    // guarded by this
    private @Nullable Object value;
    private int holders = 1;
    private List<Runnable> actions = new ArrayList<>();

    /** A value that the caller holds. */
    ScatteredValue(Object value) {
        this.value = value;
    }

    /** One more holds it. False if it is freed. */
    synchronized boolean hold() {
        if (holders > 0) {
            holders++;
        }
        return holders > 0;
    }

    /** One less holds it. */
    void letGo() {
        List<Runnable> due;
        synchronized (this) {
            if (--holders > 0) {
                return;
            }
            value = null;
            due = actions;
            actions = List.of();
        }
        due.forEach(Runnable::run);
    }

    @Override
    public long number() {
        return number;
    }

    @Override
    public synchronized Object value() {
        Object held = value;
        if (held == null) {
            throw new IllegalStateException("The scattered value " + number
                    + " is freed: its scope is closed and no call" + " has it any more");
        }
        return held;
    }

    @Override
    public void onFree(Runnable action) {
        synchronized (this) {
            if (holders > 0) {
                actions.add(action);
                return;
            }
        }
        action.run();
    }

    @Override
    public String toString() {
        return "scattered value " + number;
    }
}
