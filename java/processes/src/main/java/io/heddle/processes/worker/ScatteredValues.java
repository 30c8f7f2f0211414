package io.heddle.processes.worker;

import io.heddle.processes.wire.References;
import io.heddle.processes.wire.UnknownReferenceException;
import io.heddle.processes.wire.ValueReference;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values that were scattered to this process, until they are freed. Confined to the task thread. */
final class ScatteredValues {
    private final Map<Long, Arrived> arrived = new HashMap<>();
    private long bytes;

    /** A value, or why it could not be read; what it took on its way. */
    private record Arrived(@Nullable Object value, @Nullable Throwable failure, int bytes) {}

    /** Keeps a value. */
    void put(long number, Object value, int size) {
        arrived.put(number, new Arrived(value, null, size));
        bytes += size;
    }

    /** Keeps why a value could not be read, for the tasks that refer to it. */
    void putFailure(long number, Throwable failure) {
        arrived.put(number, new Arrived(null, failure, 0));
    }

    /** Forgets a value. */
    void free(long number) {
        Arrived gone = arrived.remove(number);
        if (gone != null) {
            bytes -= gone.bytes();
        }
    }

    /** What all of them took on their way. */
    long bytes() {
        return bytes;
    }

    /** The values as the tasks of one call refer to them. */
    References ofCall() {
        return new OfCall();
    }

    /** A result refers only to what the caller referred to in the same call: he may have freed others. */
    private final class OfCall implements References {
        private final IdentityHashMap<Object, ValueReference> known = new IdentityHashMap<>();

        @Override
        public Object standIn(Object object) {
            ValueReference reference = known.get(object);
            return reference == null ? object : reference;
        }

        @Override
        public Object value(long number) {
            Arrived found = arrived.get(number);
            Object value = found == null ? null : found.value();
            if (value == null) {
                throw new UnknownReferenceException(number, found == null ? null : found.failure());
            }
            known.computeIfAbsent(value, _ -> new ValueReference(number));
            return value;
        }
    }
}
