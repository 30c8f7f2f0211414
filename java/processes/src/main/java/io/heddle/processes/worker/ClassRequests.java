package io.heddle.processes.worker;

import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Asks the parent for classes and resources of its class loaders. Any thread but the one that reads frames. */
final class ClassRequests {
    static final int CLASS = 0;
    static final int RESOURCE = 1;

    private final Sender sender;
    private final AtomicInteger lastId = new AtomicInteger();
    private final ConcurrentHashMap<Integer, Request> open = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, RemoteClassLoader> loaders = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    ClassRequests(Sender sender) {
        this.sender = sender;
    }

    /** The loader of Heddle, which is the application's where the process is Heddle's own. */
    static ClassLoader own() {
        return ClassRequests.class.getClassLoader();
    }

    /** The loader that stands for one of the parent's. */
    ClassLoader loader(int loaderId) {
        if (loaderId == 0) {
            return own();
        }
        RemoteClassLoader loader = loaders.get(loaderId);
        if (loader == null) {
            loader = new RemoteClassLoader(loaderId, this);
            RemoteClassLoader earlier = loaders.putIfAbsent(loaderId, loader);
            loader = earlier == null ? loader : earlier;
        }
        return loader;
    }

    /** Asks and waits, whatever interrupts: a class that is half-way loaded helps nobody. */
    Answer ask(int loaderId, int kind, String name) {
        int id = lastId.incrementAndGet();
        Request request = new Request();
        open.put(id, request);
        FrameOutput frame = new FrameOutput(FrameType.CLASS_WANTED).putInt(id).putInt(loaderId);
        frame.write(kind);
        sender.send(frame.putString(name));
        if (stopped) {
            request.answer(Answer.NOTHING);
        }
        return request.await();
    }

    /** Nobody answers any more. */
    void stop() {
        stopped = true;
        open.values().forEach(request -> request.answer(Answer.NOTHING));
    }

    /** The parent's answer. */
    void found(FrameInput frame) throws ProtocolException {
        Request request = open.remove(frame.getInt());
        if (request == null) {
            throw new ProtocolException("a class that nobody asked for");
        }
        int kind = frame.getByte();
        request.answer(new Answer(kind, kind == Answer.BYTES ? frame.getBytes() : new byte[0]));
    }

    /** What the parent has. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(int kind, byte[] bytes) {
        static final int NONE = 0;
        static final int OWN = 1; // the worker's application loader has it
        static final int BYTES = 2;
        static final Answer NOTHING = new Answer(NONE, new byte[0]);
    }

    private static final class Request {
        private final CountDownLatch answered = new CountDownLatch(1);
        private volatile @Nullable Answer answer;

        void answer(Answer found) {
            answer = found;
            answered.countDown();
        }

        Answer await() {
            boolean interrupted = false;
            while (true) {
                Answer found = answer;
                if (found != null) {
                    if (interrupted) {
                        Thread.currentThread().interrupt();
                    }
                    return found;
                }
                try {
                    answered.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
    }
}
