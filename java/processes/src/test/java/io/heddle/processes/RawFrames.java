package io.heddle.processes;

import io.heddle.processes.pool.PoolSettings;
import io.heddle.processes.pool.ProcessCall;
import io.heddle.processes.pool.WorkerLink;
import io.heddle.processes.pool.WorkerPool;
import io.heddle.processes.wire.FrameType;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** Bytes for the connection under a pool and its workers, which no API gives. */
final class RawFrames {
    private RawFrames() {}

    @SuppressWarnings("EnumOrdinal") // the protocol's number
    static byte[] frame(FrameType type, byte[] payload) {
        return ByteBuffer.allocate(5 + payload.length)
                .putInt(1 + payload.length)
                .put((byte) type.ordinal())
                .put(payload)
                .array();
    }

    static void sendToWorker(ProcessesBackend backend, long pid, byte[] bytes)
            throws ReflectiveOperationException, IOException {
        Object pool = WorkerPool.shared((PoolSettings) field(backend, "settings"));
        synchronized (pool) {
            for (Object worker : (Set<?>) field(pool, "living")) {
                Object link = field(worker, "link");
                if (((WorkerLink) link).pid() == pid) {
                    write(field(link, "connection"), bytes);
                    return;
                }
            }
        }
        throw new AssertionError("no worker " + pid);
    }

    /** The number of the last call that a worker of this JVM was told of. */
    static long lastCall() throws ReflectiveOperationException {
        Field numbers = ProcessCall.class.getDeclaredField("NUMBERS");
        numbers.setAccessible(true);
        return ((AtomicLong) numbers.get(null)).get();
    }

    /** In a worker. */
    static void sendToParent(byte[] bytes) throws ReflectiveOperationException, IOException {
        Method sender = Class.forName("io.heddle.processes.worker.Sender").getDeclaredMethod("ofThisProcess");
        sender.setAccessible(true);
        write(field(sender.invoke(null), "channel"), bytes);
    }

    private static void write(Object connection, byte[] bytes) throws ReflectiveOperationException, IOException {
        ((SocketChannel) field(connection, "channel")).write(ByteBuffer.wrap(bytes));
    }

    private static Object field(Object of, String name) throws ReflectiveOperationException {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(of);
    }
}
