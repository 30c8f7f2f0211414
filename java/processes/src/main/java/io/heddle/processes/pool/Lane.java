package io.heddle.processes.pool;

import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.wire.Bounded;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameTooLargeException;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/*
 * Who does what: a background thread brings the first batches, so that the caller's thread, which may be interrupted, never writes to a
 * socket (an interrupt would close it). From then on the worker's reader delivers results and feeds the worker again, unless taking tasks may
 * wait for a producer: then a background thread feeds.
 *
 * The worker has a batch from before it is written until each of its tasks was delivered. One that dies thus loses exactly what it has.
 */
/** The place of one worker in a call, taken by one worker after the other if they die. Thread-safe. */
final class Lane {
    /** So many workers in a row may die before they have a task. */
    private static final int MOST_BARREN = 3;
    /** How long a worker may take to read a task that has a time limit. */
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** How long a task may take to heed its interrupt before its process is ended: half of what a stopped call waits. */
    private static final long KILL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final ProcessCall call;
    private final Work work;
    private final int number;
    private final boolean mayWait;
    private final TaskEncoder encoder;
    private final Answers answers;
    private final BiConsumer<@Nullable Worker, @Nullable Throwable> wish = this::arrived;
    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private @Nullable Worker worker;
    private long callNumber;
    private volatile int resultsRead;
    private final Batches batches = new Batches();
    private final BatchPace pace;
    private boolean feeding; // somebody sends
    private boolean taking; // somebody takes, which may last: others send meanwhile what is there
    private int barren; // workers that died one after the other and had no task
    private boolean cancelled;
    private boolean ended;
    private boolean begun;
    private final Countdown taskTime = new Countdown();
    private final Countdown patience = new Countdown(); // with the worker of a cancelled call
    private @Nullable FrameOutput firstFrame; // tells the worker of the call, together with its first batch

    Lane(ProcessCall call, int number) {
        this.call = call;
        this.work = call.work;
        this.number = number;
        this.mayWait = work.takeMayWait();
        this.pace = new BatchPace(call);
        this.encoder = new TaskEncoder(call);
        this.answers = new Answers(call, this);
    }

    // the worker

    void wantWorker() {
        call.pool.borrow(call.place(number), wish);
    }

    /** Whether a worker has come to it. */
    boolean hasBegun() {
        lock.lock();
        try {
            return begun;
        } finally {
            lock.unlock();
        }
    }

    private void arrived(@Nullable Worker arrived, @Nullable Throwable failure) {
        if (arrived != null) {
            Background.run(() -> begin(arrived));
        } else if (failure instanceof NoRoomException && call.hasBegun()) {
            Background.run(() -> replaceOrEnd(work.isOver())); // the others go on, and there may be room later
        } else {
            Background.run(() -> {
                work.failCall(failure == null ? new IllegalStateException("no worker and no reason") : failure);
                end(false);
            });
        }
    }

    private void begin(Worker arrived) {
        long mine = ProcessCall.nextNumber();
        FrameOutput first;
        try {
            first = call.callFrame(mine, number, arrived);
        } catch (RuntimeException | Error e) {
            work.failCall(e);
            call.pool.giveBack(arrived);
            end(false);
            return;
        }
        boolean wanted;
        boolean alive = true;
        lock.lock();
        try {
            wanted = !ended && !cancelled && !work.isOver();
            if (wanted) {
                alive = arrived.worksFor(this);
                worker = alive ? arrived : null;
                begun = true;
                callNumber = mine;
                firstFrame = first;
                resultsRead = 0;
            }
        } finally {
            lock.unlock();
        }
        if (!wanted) {
            call.pool.giveBack(arrived);
            end(false);
        } else if (alive) {
            feed();
        } else {
            diedWithoutTask(arrived);
            replaceOrEnd(false);
        }
    }

    /** The worker's reader has come to its end. */
    void workerDied(Worker dead, @Nullable Throwable broken) {
        List<TaskRange> lost;
        boolean over;
        lock.lock();
        try {
            if (worker != dead) {
                return;
            }
            worker = null;
            lost = batches.takeBack();
            over = cancelled || ended;
            taskTime.stop();
            patience.stop();
        } finally {
            lock.unlock();
        }
        try {
            if (!over && lost.isEmpty()) {
                diedWithoutTask(dead);
            } else if (!over) {
                tellLost(dead, lost, broken);
            }
        } catch (RuntimeException | Error e) { // user code is told of failures
            work.failCall(e);
        }
        replaceOrEnd(over);
    }

    private void diedWithoutTask(Worker dead) {
        lock.lock();
        try {
            barren++;
            if (barren < MOST_BARREN) {
                return;
            }
        } finally {
            lock.unlock();
        }
        work.failCall(dead.death("it had no task yet, as " + (MOST_BARREN - 1) + " others before it"));
    }

    private void replaceOrEnd(boolean over) {
        if (over || work.isStopped()) {
            end(false);
        } else {
            wantWorker();
        }
    }

    private void tellLost(Worker dead, List<TaskRange> lost, @Nullable Throwable broken) {
        TaskRange running = lost.getFirst(); // batches are run and answered one after the other
        long first = running.from();
        boolean known = running.to() - first == 1;
        TerminatedWorkerException death = dead.death(
                (known ? "it ran task " + first : "it ran one of the tasks " + first + " to " + (running.to() - 1))
                        + (broken == null ? "" : ", after its connection had failed by " + Bounded.failure(broken)));
        if (broken != null) {
            death.addSuppressed(broken);
        }
        if (known) {
            work.fail(first, death);
        } else if (!work.survivesFailures()) {
            work.failCall(death);
        }
        lock.lock();
        try {
            if (!known) {
                batches.addSingly(running); // so that the next death says which
            }
            lost.subList(1, lost.size()).forEach(batches::add);
        } finally {
            lock.unlock();
        }
    }

    // tasks to the worker

    /** Gives the worker as many batches as it should have. */
    private void feed() {
        try {
            boolean more = true;
            while (more && mayFeed()) {
                more = feedOne();
            }
        } catch (RuntimeException | Error e) {
            lock.lock();
            try {
                feeding = false;
            } finally {
                lock.unlock();
            }
            work.failCall(e);
        }
    }

    /** One thread at a time. */
    private boolean mayFeed() {
        lock.lock();
        try {
            boolean may = !feeding && worker != null && !ended && !cancelled && batches.atWorker() < pace.ahead();
            feeding |= may;
            return may;
        } finally {
            lock.unlock();
        }
    }

    /** Sends a batch or takes one. Returns whether there may be more to do. */
    private boolean feedOne() {
        Worker to;
        long mine;
        TaskRange range = null;
        boolean grown;
        lock.lock();
        try {
            to = worker;
            mine = callNumber;
            if (to == null) {
                feeding = false;
                return false;
            }
            grown = to.hasGrown();
            if (grown && batches.atWorker() == 0) {
                worker = null;
                var _ = to.worksFor(null);
            } else if (!grown) {
                range = batches.next();
            }
            if (range == null) {
                feeding = false;
                if (grown ? worker != null : taking) {
                    return false;
                }
                taking |= !grown;
            }
        } finally {
            lock.unlock();
        }
        if (grown) {
            to.retire();
            wantWorker();
            return false;
        }
        if (range == null) {
            return takeOne();
        }
        encoder.send(range, mine, resultsRead, (needed, frame, tasks) -> send(to, needed, frame, tasks));
        lock.lock();
        try {
            feeding = false;
        } finally {
            lock.unlock();
        }
        return true;
    }

    private boolean takeOne() {
        int most;
        lock.lock();
        try {
            most = pace.nextBatch();
        } finally {
            lock.unlock();
        }
        Optional<TaskRange> taken = Optional.empty();
        try {
            taken = work.take(most);
        } finally {
            lock.lock();
            try {
                taking = false;
                taken.ifPresent(batches::add);
            } finally {
                lock.unlock();
            }
        }
        if (taken.isEmpty()) {
            return nothingLeft();
        }
        call.taken.addAndGet(taken.get().to() - taken.get().from());
        return true;
    }

    /** Ends the lane if that was all. Returns whether something is to be sent again. */
    private boolean nothingLeft() {
        boolean over;
        boolean more;
        lock.lock();
        try {
            more = batches.hasToSend();
            over = batches.atWorker() == 0 && !more && !feeding && !cancelled && worker != null;
        } finally {
            lock.unlock();
        }
        if (over) {
            end(true);
        }
        call.endLanesWithoutWorker();
        return more;
    }

    /** No task is left for a lane that has had no worker yet; those of the others' that are tried again, the others run. */
    void endUnlessBegun() {
        boolean waiting;
        lock.lock();
        try {
            waiting = !begun && !ended;
        } finally {
            lock.unlock();
        }
        if (waiting && call.pool.noLongerWants(wish)) {
            end(false);
        }
    }

    private void send(Worker to, Collection<ScatteredFrame> needed, FrameOutput frame, TaskRange range) {
        to.bring(needed); // takes as long as it takes: no task's time runs
        FrameOutput first;
        lock.lock();
        try {
            if (worker != to || ended || cancelled) {
                batches.add(range);
                return;
            }
            batches.sent(range);
            first = firstFrame;
            firstFrame = null;
            Long limit = call.timeLimitNanos();
            if (limit != null) {
                taskTime.start(limit + START_NANOS, () -> timeOver(to, range.from()));
            }
        } finally {
            lock.unlock();
        }
        try {
            if (first == null) {
                to.send(frame);
            } else {
                to.send(first, frame);
            }
        } catch (FrameTooLargeException e) {
            lock.lock();
            try {
                if (worker == to && first != null) {
                    firstFrame = first;
                }
            } finally {
                lock.unlock();
            }
            forgetBatch(range.from());
            throw e;
        }
    }

    private void forgetBatch(long from) {
        lock.lock();
        try {
            batches.notSent(from);
            taskTime.stop();
        } finally {
            lock.unlock();
        }
    }

    /** The worker has read a task and begins with it: its time runs. */
    private void started(Worker to, FrameInput frame) throws ProtocolException {
        long task = frame.getLong();
        answers.check(task, 1);
        lock.lock();
        try {
            Long limit = call.timeLimitNanos();
            if (limit != null && worker == to) {
                taskTime.start(limit, () -> timeOver(to, task));
            }
        } finally {
            lock.unlock();
        }
    }

    private void timeOver(Worker late, long task) {
        lock.lock();
        try {
            if (worker != late || !batches.isFirst(task)) {
                return;
            }
            worker = null;
            var _ = late.worksFor(null);
            batches.delivered(task, task + 1);
            batches.takeBack().forEach(batches::add);
            taskTime.stop();
        } finally {
            lock.unlock();
        }
        Background.run(() -> {
            try {
                work.fail(
                        task,
                        new TimeoutException("The task took longer than its time limit of " + call.timeLimit()
                                + "; its " + call.kind() + " was killed"));
            } catch (RuntimeException | Error e) { // user code is told of failures
                work.failCall(e);
            } finally {
                late.kill();
                replaceOrEnd(false);
            }
        });
    }

    // what comes back

    /** On the worker's reader. */
    void handle(Worker from, FrameInput frame) throws ProtocolException {
        long ofCall = frame.getLong();
        lock.lock();
        try {
            if (worker != from || callNumber != ofCall) {
                return; // of a call that is over
            }
        } finally {
            lock.unlock();
        }
        switch (frame.type()) {
            case STARTED -> {
                started(from, frame);
                return;
            }
            case RESULTS -> answers.results(from, ofCall, frame);
            case FAILED -> answers.failed(frame);
            case UNREADABLE -> answers.unreadable(frame);
            default -> {
                callEnded();
                return;
            }
        }
        if (mayWait) {
            Background.run(this::feed);
        } else {
            feed();
        }
    }

    /** Whether the worker has some tasks, of one batch. */
    boolean has(long first, int count) {
        lock.lock();
        try {
            return batches.has(first, count);
        } finally {
            lock.unlock();
        }
    }

    private void callEnded() throws ProtocolException {
        lock.lock();
        try {
            if (!cancelled) {
                throw new ProtocolException("the end of a call that was not asked to end");
            }
        } finally {
            lock.unlock();
        }
        end(false);
    }

    /** Takes tasks out of what the worker has. */
    void delivered(long first, long end) {
        lock.lock();
        try {
            barren = 0;
            batches.delivered(first, end);
            taskTime.stop();
        } finally {
            lock.unlock();
        }
    }

    /** The same for tasks that it could not read together. */
    void sendSingly(long first, long end) {
        lock.lock();
        try {
            delivered(first, end);
            batches.addSingly(new TaskRange(first, end));
        } finally {
            lock.unlock();
        }
    }

    /** A frame of results was read, which tells how long tasks take. */
    void measured(int sequence, int tasks, long nanos) {
        lock.lock();
        try {
            resultsRead = sequence + 1;
            pace.ran(tasks, nanos);
        } finally {
            lock.unlock();
        }
    }

    // the end

    /** Interrupts what runs; kills the worker if that does not help. */
    void cancel() {
        Worker interrupted;
        boolean waiting;
        long mine;
        lock.lock();
        try {
            if (ended || cancelled) {
                return;
            }
            cancelled = true;
            interrupted = worker;
            mine = callNumber;
            waiting = interrupted == null;
            taskTime.stop();
            if (interrupted != null) {
                Worker late = interrupted;
                patience.start(KILL_NANOS, () -> killIfHere(late));
            }
        } finally {
            lock.unlock();
        }
        if (waiting) {
            if (call.pool.noLongerWants(wish)) {
                end(false);
            }
        } else if (interrupted != null) {
            FrameOutput end = new FrameOutput(FrameType.END_CALL).putLong(mine);
            end.write(1);
            interrupted.send(end);
        }
    }

    private void killIfHere(Worker late) {
        lock.lock();
        try {
            if (worker == late && !ended) {
                late.kill();
            }
        } finally {
            lock.unlock();
        }
    }

    /** No worker is here any more. */
    private void end(boolean tellWorker) {
        Worker last;
        long mine;
        lock.lock();
        try {
            if (ended) {
                return;
            }
            ended = true;
            last = worker;
            mine = callNumber;
            worker = null;
            taskTime.stop();
            patience.stop();
        } finally {
            lock.unlock();
        }
        try {
            if (last != null) {
                var _ = last.worksFor(null);
                call.pool.giveBack(last);
            }
        } finally {
            call.laneEnded();
        }
        if (last != null && tellWorker) { // after the caller, who waits; a worker knows of which call this is
            last.send(new FrameOutput(FrameType.END_CALL).putLong(mine).putByte(0));
        }
    }
}
