package io.heddle.processes.pool;

import io.heddle.backend.Scattered;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameTooLargeException;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.Unsendable;
import io.heddle.processes.wire.ValueReference;
import io.heddle.processes.wire.ValueWriter;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/*
 * The bytes are made when a worker needs them first, and kept for those that come later as long as memory allows: made again, they would be the
 * same, as the value does not change. One frame serves all pools of a codec; a class loader of the caller's that workers ask for classes has
 * frames of its own, as an object is of one loader's class.
 */
/** A scattered value as the frame that brings it to workers, to each once. Thread-safe. */
public final class ScatteredFrame {
    private static final AtomicLong NUMBERS = new AtomicLong();
    private static final Map<Key, ScatteredFrame> LIVING = new ConcurrentHashMap<>();

    private final long number = NUMBERS.incrementAndGet();
    private final ValueReference reference = new ValueReference(number);
    private final Scattered value;
    private final Format format;
    private final int loader;

    // guarded by this
    private SoftReference<@Nullable FrameOutput> bytes = new SoftReference<>(null);
    private @Nullable Throwable failure;
    private boolean checked;
    private boolean freed;
    private final Set<Worker> holders = new HashSet<>();

    private record Key(long value, String codec, int loader) {}

    private ScatteredFrame(Scattered value, Format format, int loader) {
        this.value = value;
        this.format = format;
        this.loader = loader;
    }

    /** The frame of a value that is not freed. */
    static ScatteredFrame of(Scattered value, Format format, int loader) {
        Key key = new Key(value.number(), format.codec().name(), loader);
        ScatteredFrame made = new ScatteredFrame(value, format, loader);
        ScatteredFrame earlier = LIVING.putIfAbsent(key, made);
        if (earlier != null) {
            return earlier;
        }
        value.onFree(() -> {
            LIVING.remove(key);
            made.free();
        });
        return made;
    }

    /** What stands for the value in other frames. */
    ValueReference reference() {
        return reference;
    }

    /** Its number: the frame has no other name on the way. */
    public long number() {
        return number;
    }

    /**
     * The frame itself. Not to be kept: it may be as large as memory allows.
     *
     * @throws IOException if the value cannot be serialised
     */
    public synchronized FrameOutput frame() throws IOException {
        FrameOutput made = bytes.get();
        if (made == null) {
            made = new FrameOutput(FrameType.SCATTER).putLong(number).putInt(loader);
            ValueWriter values = new ValueWriter(made, format);
            values.write(value.value());
            values.finish();
            bytes = new SoftReference<>(made);
            checked = true;
        }
        return made;
    }

    /** Says what is to be done when no worker is to have the value any more; at once if that is so already. */
    public void onFree(Runnable action) {
        value.onFree(action);
    }

    /**
     * Refuses a value that cannot be sent.
     *
     * @throws TaskTransferException if it cannot be serialised, or has too many bytes
     */
    synchronized void check(int maxFrameBytes, String kind) {
        if (checked && bytes.get() == null) {
            return;
        }
        try {
            if (failure == null && frame().size() >= maxFrameBytes) {
                throw new FrameTooLargeException(frame().size(), maxFrameBytes);
            }
        } catch (FrameTooLargeException e) {
            throw new TaskTransferException(
                    "A scattered value could not be sent to a " + kind + ": " + e.getMessage(), e);
        } catch (Throwable e) { // the serialisation of a user's object
            failure = e;
        }
        Throwable why = failure;
        if (why != null) {
            throw new TaskTransferException(
                    "A scattered value could not be sent to a " + kind + ": "
                            + Unsendable.describe(value.value(), why)
                            + ". Make it serialisable, create it inside the task, or use the backend 'threads'",
                    why);
        }
    }

    /** A worker is to have it. False if it is freed. */
    synchronized boolean mayGoTo(Worker worker) {
        if (!freed) {
            holders.add(worker);
        }
        return !freed;
    }

    synchronized void lostWith(Worker worker) {
        holders.remove(worker);
    }

    private void free() {
        List<Worker> told;
        synchronized (this) {
            freed = true;
            bytes = new SoftReference<>(null);
            told = List.copyOf(holders);
            holders.clear();
        }
        for (Worker each : told) {
            Background.run(() -> each.free(this)); // who frees it may be interrupted, and writes no frame
        }
    }
}
