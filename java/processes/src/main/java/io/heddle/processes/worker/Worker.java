package io.heddle.processes.worker;

import io.heddle.processes.wire.FrameChannel;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameSink;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads the parent's frames. Never writes: a parent that writes before it reads must find a reader here. Runs no user code. */
final class Worker {
    private final WorkerHost host;
    private final Inbox inbox = new Inbox();
    private final Sender sender;
    private final ClassRequests classes;
    private final TaskLoop tasks;
    private final TaskThread taskThread;
    private volatile @Nullable Call latest; // written by the thread that reads
    private volatile boolean stopped;

    private long newest; // numbers grow; of the thread that reads

    /**
     * Not started yet.
     *
     * @param daemon whether its task thread is one
     */
    Worker(FrameSink channel, WorkerHost host, boolean daemon) {
        this.host = host;
        this.sender = new Sender(channel, host);
        this.classes = new ClassRequests(sender);
        this.tasks = new TaskLoop(channel, inbox, sender, classes, host);
        this.taskThread = new TaskThread(tasks);
        taskThread.setDaemon(daemon);
    }

    /** Begins to serve whoever calls {@link #accept}. */
    void begin() {
        sender.serveProcess();
        taskThread.start();
    }

    /** Serves a channel until it ends, or {@link #stop} was called. */
    void serve(FrameChannel channel) throws IOException {
        begin();
        while (!stopped) {
            accept(channel.read());
        }
    }

    /** Ends what runs here, as far as that can be, where the process lives on without this worker. Any thread. */
    void stop() {
        stopped = true;
        Call call = latest;
        if (call != null) {
            call.end();
            taskThread.interruptCodeOf(call);
        }
        classes.stop();
        sender.stop();
        inbox.put(new Order.Stop());
    }

    /** Takes a frame; waits for nothing. One thread at a time, in order. */
    void accept(FrameInput frame) throws ProtocolException {
        switch (frame.type()) {
            case TASKS, RESULTS_AGAIN, SCATTER, FREE -> inbox.put(new Order.Frame(frame));
            case CALL -> {
                Call call = Call.read(frame);
                if (call.id() > newest) { // else its end has overtaken it
                    newest = call.id();
                    latest = call;
                    inbox.put(new Order.Begin(call));
                }
            }
            case END_CALL -> endCall(frame.getLong(), frame.getByte() != 0);
            case CLASS_FOUND -> classes.found(frame);
            case INFO -> info(frame);
            case WELCOME -> {
                Ending.socketClaimed();
                inbox.put(new Order.Frame(frame));
            }
            case PROPERTY -> HiddenProperties.set(frame); // before any code that may ask for it
            case EXIT -> host.exit(0);
            default -> throw new ProtocolException("a " + frame.type() + " frame on its way to a worker");
        }
    }

    private void endCall(long callId, boolean interrupt) {
        newest = Math.max(newest, callId);
        Call call = latest;
        if (call == null || call.id() != callId) {
            if (interrupt) {
                sender.send(new FrameOutput(FrameType.CALL_ENDED).putLong(callId));
            }
            return;
        }
        call.end();
        inbox.put(new Order.End(call, interrupt));
        latest = null;
        if (interrupt) {
            taskThread.interruptCodeOf(call);
        }
    }

    private void info(FrameInput frame) throws ProtocolException {
        if (inbox.isAwaited()) {
            inbox.put(new Order.Frame(frame));
            return;
        }
        int requestId = frame.getInt();
        Thread asker = new Thread(null, null, "heddle-info", 0, false) {
            @Override
            public void run() {
                sender.send(tasks.info(requestId));
            }
        };
        asker.setDaemon(true);
        asker.start();
    }
}
