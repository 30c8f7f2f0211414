package io.heddle.processes.pool;

import io.heddle.backend.Scattered;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.References;
import io.heddle.processes.wire.UnknownReferenceException;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The scattered values of a call. What comes back may refer to them. Immutable. */
final class CallValues implements References {
    private final IdentityHashMap<Object, ScatteredFrame> frames = new IdentityHashMap<>();
    private final Map<Long, Object> values = new HashMap<>();

    CallValues(List<Scattered> scattered, Format format, int loader) {
        for (Scattered each : scattered) {
            ScatteredFrame frame = ScatteredFrame.of(each, format, loader);
            frames.put(each.value(), frame);
            values.put(frame.number(), each.value());
        }
    }

    /** What is written by this is not to refer to anything: nobody would send it. */
    @Override
    public Object standIn(Object object) {
        return object;
    }

    @Override
    public Object value(long number) {
        Object value = values.get(number);
        if (value == null) {
            throw new UnknownReferenceException(number, null);
        }
        return value;
    }

    /** For one frame to a worker. */
    Mentioned mentioned() {
        return new Mentioned();
    }

    /** Those of the values that one frame refers to. Not thread-safe. */
    final class Mentioned implements References {
        private final Set<ScatteredFrame> frames = new LinkedHashSet<>();

        /** What must be sent before the frame. */
        Set<ScatteredFrame> frames() {
            return frames;
        }

        @Override
        public Object standIn(Object object) {
            ScatteredFrame frame = CallValues.this.frames.get(object);
            if (frame == null) {
                return object;
            }
            frames.add(frame);
            return frame.reference();
        }

        @Override
        public Object value(long number) {
            return CallValues.this.value(number);
        }
    }
}
