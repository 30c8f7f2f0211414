package io.heddle.processes.worker;

import io.heddle.NativeThreads;
import io.heddle.WorkerScope;
import io.heddle.backend.SharedFunction;
import io.heddle.control.LibraryInfo;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameSink;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import io.heddle.processes.wire.ValueReader;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs the tasks, and all user code that belongs to a call. Confined to the task thread but for {@link #info}. */
final class TaskLoop implements Runnable {
    private static final int PROTOCOL_VERSION = 1;

    private final Inbox inbox;
    private final ClassRequests classes;
    private final TaskWriter out;
    private final ScatteredValues scattered = new ScatteredValues();
    private final WorkerHost host;
    private Format format = Format.of("jdk", "", TaskLoop.class.getClassLoader());
    private Format callFormat = format; // with the values that the call refers to
    private MemoryWatch memory = new MemoryWatch(0);
    private volatile int environmentLimit;

    private @Nullable Call call;
    private @Nullable WorkerScope scope;
    private @Nullable SharedFunction function;
    private @Nullable Results results;
    private Throwable unusable = new IllegalStateException("The call has no function"); // why function is null

    TaskLoop(FrameSink channel, Inbox inbox, Sender sender, ClassRequests classes, WorkerHost host) {
        this.inbox = inbox;
        this.classes = classes;
        this.host = host;
        this.out = new TaskWriter(channel, sender, host);
    }

    @Override
    public void run() {
        try {
            boolean goOn = true;
            while (goOn) {
                Order order = inbox.take(memory.patienceNanos());
                if (order == null) {
                    memory.idle();
                } else {
                    goOn = obey(order);
                }
            }
        } catch (Throwable e) { // a broken protocol, or no memory to tell of a failure
            host.broken(e);
        }
    }

    private boolean obey(Order order) throws ProtocolException {
        if (order instanceof Order.Stop) {
            leave();
            return false;
        }
        if (order instanceof Order.Begin begin) {
            begin(begin.call());
        } else if (order instanceof Order.End end) {
            if (end.call() == call) {
                leave();
            }
            if (end.answer()) {
                out.write(
                        new FrameOutput(FrameType.CALL_ENDED).putLong(end.call().id()));
            }
        } else if (order instanceof Order.Frame(FrameInput frame)) {
            return read(frame);
        }
        return true;
    }

    private boolean read(FrameInput frame) throws ProtocolException {
        switch (frame.type()) {
            case TASKS -> runTasks(frame);
            case RESULTS_AGAIN -> sendAgain(frame);
            case SCATTER -> scatter(frame);
            case FREE -> scattered.free(frame.getLong());
            case INFO -> out.write(info(frame.getInt()));
            case WELCOME -> {
                return welcome(frame);
            }
            default -> throw new ProtocolException("a " + frame.type() + " frame where none is expected");
        }
        return true;
    }

    private static TaskThread thread() {
        return (TaskThread) Thread.currentThread();
    }

    private boolean welcome(FrameInput frame) throws ProtocolException {
        int version = frame.getInt();
        if (version != PROTOCOL_VERSION) {
            throw new ProtocolException("version " + version + ", where a worker speaks " + PROTOCOL_VERSION);
        }
        String codec = frame.getText();
        String filter = frame.getText();
        environmentLimit = frame.getInt();
        memory = new MemoryWatch(frame.getLong());
        ClassLoader loader = classes.loader(frame.getInt());
        boolean hasInitializer = frame.getByte() != 0;
        thread().setContextClassLoader(loader);
        thread().enterUserCode(this);
        try {
            format = Format.of(codec, filter, loader);
            if (hasInitializer) {
                Runnable initializer = (Runnable) new ValueReader(frame, format, loader).read();
                Objects.requireNonNull(initializer, "initializer").run();
            }
        } catch (ProtocolException e) {
            throw e;
        } catch (Throwable e) { // user code
            out.writeFailure(FrameType.INITIALIZER_FAILED, new FrameOutput(FrameType.INITIALIZER_FAILED), e, format);
            host.exit(1);
            return false;
        } finally {
            thread().leaveUserCode();
        }
        out.write(new FrameOutput(FrameType.READY).putLong(ProcessStatus.residentBytes()));
        return true;
    }

    /** A value may be the user's own class, whose code runs as it is read; it is no call's, so no interrupt is for it. */
    private void scatter(FrameInput frame) throws ProtocolException {
        int size = frame.remaining();
        long number = frame.getLong();
        ClassLoader loader = classes.loader(frame.getInt());
        ClassLoader before = thread().getContextClassLoader();
        thread().setContextClassLoader(loader);
        thread().enterUserCode(this);
        try {
            Object value = new ValueReader(frame, format, loader).read();
            scattered.put(number, Objects.requireNonNull(value, "a scattered value"), size);
        } catch (ProtocolException e) {
            throw e;
        } catch (Throwable e) { // user code
            scattered.putFailure(number, e);
        } finally {
            thread().leaveUserCode();
            thread().setContextClassLoader(before);
        }
    }

    private void begin(Call next) throws ProtocolException {
        leave(); // of the one before, if the parent did not say so
        if (next.isEnded()) {
            return;
        }
        call = next;
        callFormat = next.scatters() ? format.referringTo(scattered.ofCall()) : format;
        results = new Results(next.id(), callFormat, out);
        ClassLoader loader = classes.loader(next.loaderId());
        thread().setContextClassLoader(loader);
        thread().enterUserCode(next);
        try {
            scope = WorkerScope.open(next.settings(), next.worker(), next, environmentLimit);
            function = (SharedFunction) Objects.requireNonNull(
                    new ValueReader(next.takeFunction(), callFormat, loader).read(), "the function of a call");
        } catch (ProtocolException e) {
            throw e;
        } catch (Throwable e) { // user code
            unusable = e;
        } finally {
            thread().leaveUserCode();
        }
    }

    private void leave() {
        WorkerScope open = scope;
        call = null;
        scope = null;
        function = null;
        results = null;
        callFormat = format;
        if (open != null) {
            try {
                open.close();
            } catch (RuntimeException e) { // a limit that does not go back; the next one is set all the same
                System.err.println("A thread limit could not be undone: " + e);
            }
            thread().setContextClassLoader(ClassRequests.own());
        }
    }

    private void sendAgain(FrameInput frame) throws ProtocolException {
        long id = frame.getLong();
        Call current = call;
        Results from = results;
        if (current == null || from == null || current.id() != id || current.isEnded()) {
            return;
        }
        thread().enterUserCode(current);
        try {
            int sequence = frame.getInt();
            from.sendAgain(sequence, frame.getInt());
        } finally {
            thread().leaveUserCode();
        }
    }

    private void runTasks(FrameInput frame) throws ProtocolException {
        long id = frame.getLong();
        Call current = call;
        Results to = results;
        if (current == null || to == null || current.id() != id || current.isEnded()) {
            return; // of a call that is over
        }
        long from = frame.getLong();
        int count = frame.getInt();
        to.read(frame.getInt());
        SharedFunction shared = function;
        if (shared == null) {
            unreadable(id, from, count, unusable);
            return;
        }
        thread().setContextClassLoader(classes.loader(current.loaderId()));
        thread().enterUserCode(current);
        try {
            runBatch(current, shared, to, from, count, frame);
        } finally {
            current.running(-1);
            thread().leaveUserCode();
        }
        if (memory.hasGrown(scattered.bytes())) {
            out.write(new FrameOutput(FrameType.GROWN)
                    .putLong(memory.baselineBytes())
                    .putLong(memory.residentBytes()));
        }
    }

    private void runBatch(Call current, SharedFunction shared, Results to, long from, int count, FrameInput frame)
            throws ProtocolException {
        ValueReader arguments = null;
        if (current.hasArguments()) {
            arguments = new ValueReader(frame, callFormat, classes.loader(current.loaderId()));
        }
        WorkerScope open = scope;
        long end = from + count;
        to.begin(from);
        for (long index = from; index < end && !current.isEnded(); index++) {
            Object argument = null;
            try {
                if (index == from && open != null) {
                    open.refresh();
                }
                if (arguments != null) {
                    argument = arguments.read();
                }
            } catch (ProtocolException e) {
                throw e;
            } catch (Throwable e) { // user code
                to.flush();
                unreadable(current.id(), index, (int) (end - index), e);
                return;
            }
            if (current.isTimed()) {
                out.write(
                        new FrameOutput(FrameType.STARTED).putLong(current.id()).putLong(index));
                if (current.isEnded()) { // an interrupt that came meanwhile was not for a task
                    break;
                }
            }
            runTask(current, shared, to, index, argument);
        }
        if (!current.isEnded()) {
            to.flush();
        }
    }

    private static void runTask(
            Call current, SharedFunction shared, Results to, long index, @Nullable Object argument) {
        current.running(index);
        Object result;
        try {
            result = shared.apply(index, argument);
        } catch (Throwable e) { // all of them: the worker lives on
            Thread.interrupted();
            if (!current.isEnded()) {
                to.failed(e);
            }
            return;
        }
        Thread.interrupted(); // what the task left
        if (!current.isEnded()) {
            to.add(result);
        }
    }

    private void unreadable(long id, long from, int count, Throwable failure) {
        out.writeFailure(
                FrameType.UNREADABLE,
                new FrameOutput(FrameType.UNREADABLE).putLong(id).putLong(from).putInt(count),
                failure,
                callFormat);
    }

    /** What the parent wants to know of this process. Any thread. */
    FrameOutput info(int requestId) {
        List<LibraryInfo> libraries;
        try {
            libraries = NativeThreads.info();
        } catch (RuntimeException | LinkageError e) { // no access to native functions, for instance
            e.printStackTrace();
            libraries = List.of();
        }
        FrameOutput frame = new FrameOutput(FrameType.INFO)
                .putInt(requestId)
                .putInt(environmentLimit)
                .putLong(ProcessStatus.residentBytes())
                .putInt(libraries.size());
        for (LibraryInfo library : libraries) {
            String name = library.version().isPresent()
                    ? library.internalApi() + " " + library.version().get()
                    : library.internalApi();
            frame.putString(name)
                    .putString(library.path().toString())
                    .putInt(library.threads().orElse(-1));
        }
        return frame;
    }
}
