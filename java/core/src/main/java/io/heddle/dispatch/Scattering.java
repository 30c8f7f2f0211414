package io.heddle.dispatch;

import io.heddle.backend.Scattered;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The values that a scope or a call scatters, until it ends. Thread-safe. */
final class Scattering {
    private final Choice choice;
    private final List<ScatteredValue> held;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Scattering(Choice choice, List<ScatteredValue> held) {
        this.choice = choice;
        this.held = held;
    }

    /** Holds what is scattered further out and not freed yet, and scatters what is said besides. */
    static Scattering begin(Choice said) {
        if (said.toScatter().isEmpty() && said.scattered().isEmpty()) {
            return new Scattering(said, List.of());
        }
        List<ScatteredValue> held = new ArrayList<>();
        IdentityHashMap<Object, ScatteredValue> known = new IdentityHashMap<>();
        for (ScatteredValue each : said.scattered()) {
            if (each.hold()) {
                held.add(each);
                known.putIfAbsent(each.value(), each);
            }
        }
        for (Object value : said.toScatter()) {
            if (!known.containsKey(value)) {
                ScatteredValue made = new ScatteredValue(value);
                held.add(made);
                known.put(value, made);
            }
        }
        return new Scattering(said.scattering(List.copyOf(held)), List.copyOf(held));
    }

    /** What was said, the values scattered. */
    Choice choice() {
        return choice;
    }

    List<Scattered> values() {
        return List.copyOf(held);
    }

    /** Lets the values go. A second call does nothing. */
    void end() {
        if (ended.compareAndSet(false, true)) {
            held.forEach(ScatteredValue::letGo);
        }
    }
}
