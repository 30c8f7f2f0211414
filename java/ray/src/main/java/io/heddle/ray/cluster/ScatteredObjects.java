package io.heddle.ray.cluster;

import io.heddle.processes.pool.ScatteredFrame;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.Frames;
import io.ray.api.ObjectRef;
import io.ray.api.Ray;
import java.io.EOFException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scattered values in Ray's object store: put there once for all actors, brought to each node once, and let go when the value is freed.
 * Thread-safe.
 */
final class ScatteredObjects {
    /** Ray copies smaller ones into the call itself, which is quicker than a trip by its object store. */
    private static final int SMALL_BYTES = 90_000;

    private final Map<ScatteredFrame, ObjectRef<byte[]>> stored = new HashMap<>(); // guarded by this

    /**
     * The value's frame in the store; null for a small one, which is to be sent as it is.
     *
     * @throws IOException if the value cannot be serialised
     */
    @Nullable
    ObjectRef<byte[]> stored(ScatteredFrame value, int maxFrameBytes) throws IOException {
        ObjectRef<byte[]> object;
        synchronized (this) {
            object = stored.get(value);
            if (object != null) {
                return object;
            }
            FrameOutput frame = value.frame();
            if (frame.size() < SMALL_BYTES) {
                return null;
            }
            if (RaySession.isLeaving()) {
                throw new EOFException("this process is exiting");
            }
            object = Ray.put(Frames.join(maxFrameBytes, frame));
            stored.put(value, object);
        }
        value.onFree(() -> free(value)); // at once perhaps
        return object;
    }

    private synchronized void free(ScatteredFrame value) {
        stored.remove(value);
    }
}
