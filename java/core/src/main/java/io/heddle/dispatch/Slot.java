package io.heddle.dispatch;

import io.heddle.backend.Backend;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A worker of a call and the task that it runs, whose time may be limited. */
final class Slot implements RunningTask {
    private static final int SLOTS_APART = 16; // 128 bytes: two workers never write to one cache line
    private static final VarHandle RUNNING = MethodHandles.arrayElementVarHandle(long[].class);

    final int worker;
    final Context context;

    long done; // tasks; for the worker's own thread
    private final RunningCall call;
    private final long[] running;
    private volatile @Nullable Thread thread;
    private volatile boolean onCaller; // so an interrupt may be the caller's
    private long began; // guarded by this, as is what follows
    private volatile long lateSince; // 0 for in time
    private boolean toldToStop; // by an interrupt, since its time is over
    private boolean abandoned;
    private boolean reported; // a failure for the time that is over was delivered already

    Slot(RunningCall call, int worker, long[] running) {
        this.call = call;
        this.worker = worker;
        this.running = running;
        this.context = call.contextOf(this);
    }

    /** What the slots of a call share: for each worker the index + 1 of the task it runs, or 0. */
    static long[] running(int jobs) {
        return new long[(jobs + 1) * SLOTS_APART];
    }

    Backend backend() {
        return call.plan.backend();
    }

    /** The current thread is the worker's. */
    void occupy() {
        onCaller = call.isCaller();
        thread = Thread.currentThread();
    }

    /** Where {@link #begin} writes, for loops that do so themselves. */
    long[] running() {
        return running;
    }

    /** The element of {@link #running()} that has the running task's index + 1, or 0. */
    int place() {
        return (worker + 1) * SLOTS_APART;
    }

    /** The task runs from now on. */
    void begin(long index) {
        running[place()] = index + 1; // plain: others read it long after, if at all
    }

    /** None runs. */
    void end() {
        RUNNING.setOpaque(running, (worker + 1) * SLOTS_APART, 0L);
    }

    synchronized void beginWatched(long index) {
        begin(index);
        began = System.nanoTime();
        lateSince = 0;
        toldToStop = false;
        reported = false;
    }

    /** Whether its time was over before it ended. */
    synchronized boolean endWatched() {
        end();
        if (lateSince == 0) {
            return false;
        }
        if (toldToStop) {
            Thread.interrupted();
        }
        if (abandoned) {
            abandoned = false;
            call.comeBack();
        }
        return true;
    }

    /** Whether the failure of the task that ended last was delivered while it ran. For the worker's own thread. */
    boolean isReported() {
        return reported;
    }

    void watchTime(long now) {
        boolean gone;
        synchronized (this) {
            long late = index();
            if (late < 0 || abandoned || now - began < call.timeLimitNanos()) {
                return;
            }
            boolean first = lateSince == 0;
            if (first) {
                lateSince = now;
            }
            tellToStop();
            boolean longOver = now - lateSince >= RunningCall.STOP_GRACE.toNanos();
            if (!first && !longOver) {
                return;
            }
            if (!reported && (longOver || !call.mayBeTriedAgain(late))) {
                reported = true;
                call.failLate(this, late); // before the worker can go on
            }
            gone = longOver && !onCaller;
            abandoned = gone;
        }
        if (gone) {
            call.abandonWorker();
        }
    }

    /** On the calling thread only while the task waits, which ends by that: an interrupt flag that is set in the end is the caller's. */
    private void tellToStop() {
        Thread running = Objects.requireNonNull(thread);
        if (!toldToStop && (!onCaller || isWaiting(running.getState()))) {
            toldToStop = true;
            running.interrupt();
        }
    }

    private static boolean isWaiting(Thread.State state) {
        return state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
    }

    @Override
    public long index() {
        return (long) RUNNING.getOpaque(running, (worker + 1) * SLOTS_APART) - 1;
    }

    @Override
    public int worker() {
        return worker;
    }

    @Override
    public boolean isCancelled() {
        return call.isStopped()
                || (lateSince != 0 && index() >= 0)
                || (onCaller && isCallerCancelled()); // no lock: a listener may ask
    }

    /** Its call does not know it before the task has ended. */
    private boolean isCallerCancelled() {
        Thread running = thread;
        return (running != null && index() >= 0 && running.isInterrupted()) || call.isCancelledAround();
    }

    @Override
    public int nestingLevel() {
        return call.nestingLevel();
    }
}
