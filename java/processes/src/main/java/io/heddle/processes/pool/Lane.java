package io.heddle.processes.pool;

import io.heddle.backend.TaskRange;
import io.heddle.backend.Work;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.wire.Failures;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameTooLargeException;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import io.heddle.processes.wire.Unsendable;
import io.heddle.processes.wire.ValueReader;
import io.heddle.processes.wire.ValueWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
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
 * A batch is in `sent` from before it is written until each of its tasks was delivered. A worker that dies thus loses exactly what is there.
 */
/** The place of one worker in a call, taken by one worker after the other if they die. Thread-safe. */
final class Lane {
    private static final int LARGEST_BATCH = 1 << 16;
    private static final int GROWTH = 8;
    private static final long BATCH_BYTES = 1 << 20;
    /** So many workers in a row may die before they have a task. */
    private static final int MOST_BARREN = 3;
    /** How long a worker may take to read a task that has a time limit. */
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** How long a task may take to heed its interrupt before its process is ended: half of what a stopped call waits. */
    private static final long KILL_MILLIS = 500;

    private final ProcessCall call;
    private final Work work;
    private final Pace pace;
    private final int number;
    private final boolean mayWait;
    private final BiConsumer<@Nullable Worker, @Nullable Throwable> wish = this::arrived;
    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private @Nullable Worker worker;
    private long callNumber;
    private volatile int resultsRead;
    private final List<TaskRange> sent = new ArrayList<>();
    private final Deque<TaskRange> again = new ArrayDeque<>(); // taken and to be sent once more, each by itself
    private boolean feeding; // somebody sends
    private boolean taking; // somebody takes, which may last: others send meanwhile what is to be sent again
    private int barren; // workers that died one after the other and had no task
    private boolean cancelled;
    private boolean ended;
    private boolean begun;
    private int batch = 1;
    private double taskNanos; // 0 for not known yet
    private @Nullable Future<?> timer; // of the task's time
    private @Nullable Future<?> killTimer; // of a cancelled call's worker
    private @Nullable FrameOutput firstFrame; // tells the worker of the call, together with its first batch

    Lane(ProcessCall call, int number) {
        this.call = call;
        this.work = call.work;
        this.pace = call.pool.settings().source().pace();
        this.number = number;
        this.mayWait = work.takeMayWait();
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
            Background.THREADS.execute(() -> begin(arrived));
        } else if (failure instanceof NoRoomException && call.hasBegun()) {
            Background.THREADS.execute(
                    () -> replaceOrEnd(work.isOver())); // the others go on, and there may be room later
        } else {
            Background.THREADS.execute(() -> {
                work.failCall(failure == null ? new IllegalStateException("no worker and no reason") : failure);
                end(false);
            });
        }
    }

    private void begin(Worker arrived) {
        long mine = ProcessCall.nextNumber();
        FrameOutput first;
        try {
            first = call.callFrame(mine, number);
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
            lost = List.copyOf(sent);
            sent.clear();
            over = cancelled || ended;
            stopTimer();
            stopKillTimer();
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
                        + (broken == null ? "" : ", after its connection had failed by " + broken));
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
                sendSingly(running); // so that the next death says which
            }
            again.addAll(lost.subList(1, lost.size()));
        } finally {
            lock.unlock();
        }
    }

    private void sendSingly(TaskRange range) {
        for (long index = range.from(); index < range.to(); index++) {
            again.add(new TaskRange(index, index + 1));
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
            boolean may = !feeding && worker != null && !ended && !cancelled && sent.size() < ahead();
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
            if (grown && sent.isEmpty()) {
                worker = null;
                var _ = to.worksFor(null);
            } else if (!grown) {
                range = again.poll();
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
        send(to, mine, range);
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
            most = nextBatch();
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
                taken.ifPresent(again::addLast);
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
            more = !again.isEmpty();
            over = sent.isEmpty() && !more && !feeding && !cancelled && worker != null;
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

    /** How many batches the worker may have. */
    private int ahead() {
        if (taskNanos == 0 || call.timeLimitNanos() != null) {
            return 1;
        }
        double batchNanos = taskNanos * batch;
        if (batchNanos > 2.0 * pace.batchNanos()) { // long tasks: one more, for as long as there are enough of them to
            // even out
            boolean many = !mayWait && call.left() > 2L * call.settings.jobs();
            return many ? 2 : 1;
        }
        return (int) Math.clamp(pace.aheadNanos() / batchNanos, 2, pace.mostAhead());
    }

    private int nextBatch() {
        if (call.timeLimitNanos() != null) {
            return 1;
        }
        if (taskNanos > 0) {
            long wanted = (long) Math.max(pace.batchNanos() / taskNanos, 1);
            batch = (int) Math.min(Math.min(wanted, (long) GROWTH * batch), LARGEST_BATCH);
        }
        long share = Math.max(call.left() / (2L * call.settings.jobs()), 1);
        return (int) Math.min(batch, share);
    }

    private void send(Worker to, long ofCall, TaskRange range) {
        for (long from = range.from(); from < range.to(); ) {
            from = sendSome(to, ofCall, from, range.to());
        }
    }

    /** Sends a part of a batch, or fails its first task, which cannot be sent. Returns where the rest begins. */
    private long sendSome(Worker to, long ofCall, long from, long last) {
        long end = last;
        while (true) {
            FrameOutput frame = new FrameOutput(FrameType.TASKS);
            frame.putLong(ofCall).putLong(from).putInt(0).putInt(resultsRead);
            long index = from;
            try {
                if (call.hasArguments) {
                    ValueWriter values = new ValueWriter(frame, call.format);
                    for (; index < end && (index == from || values.bytes() < BATCH_BYTES); index++) {
                        values.write(work.argument(index));
                    }
                    values.finish();
                } else {
                    index = end;
                }
                frame.putInt(2 * Long.BYTES, (int) (index - from));
                sendBatch(to, frame, new TaskRange(from, index));
                return index;
            } catch (FrameTooLargeException e) {
                if (index - from > 1) {
                    end = from + (index - from) / 2;
                    continue;
                }
                forgetBatch(from);
                work.fail(
                        from,
                        new TaskTransferException(
                                "The task's input could not be sent to a " + call.kind() + ": " + e.getMessage(), e));
                return from + 1;
            } catch (Throwable e) { // the serialisation of a user's object
                if (index > from) {
                    end = Math.min(index, end - 1); // the writer is of no use any more: those before it, in another
                    continue;
                }
                Object argument = work.argument(from);
                work.fail(
                        from,
                        new TaskTransferException(
                                "The task's input could not be sent to a " + call.kind() + ": "
                                        + Unsendable.describe(argument == null ? "null" : argument, e)
                                        + ". Make it serialisable, create it inside the task, or use the backend 'threads'",
                                e));
                return from + 1;
            }
        }
    }

    private void sendBatch(Worker to, FrameOutput frame, TaskRange range) {
        FrameOutput first;
        lock.lock();
        try {
            if (worker != to || ended || cancelled) {
                again.add(range);
                return;
            }
            sent.add(range);
            first = firstFrame;
            firstFrame = null;
            Long limit = call.timeLimitNanos();
            if (limit != null) {
                timer = watchTime(to, range.from(), limit + START_NANOS);
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
            sent.removeIf(range -> range.from() == from);
            stopTimer();
        } finally {
            lock.unlock();
        }
    }

    private void stopTimer() {
        Future<?> running = timer;
        if (running != null) {
            running.cancel(false);
            timer = null;
        }
    }

    private void stopKillTimer() {
        Future<?> running = killTimer;
        if (running != null) {
            running.cancel(false);
            killTimer = null;
        }
    }

    private Future<?> watchTime(Worker to, long task, long nanos) {
        return Background.CLOCK.schedule(() -> timeOver(to, task), nanos, TimeUnit.NANOSECONDS);
    }

    /** The worker has read a task and begins with it: its time runs. */
    private void started(Worker to, FrameInput frame) throws ProtocolException {
        long task = frame.getLong();
        check(task, 1);
        lock.lock();
        try {
            Long limit = call.timeLimitNanos();
            if (limit != null && worker == to) {
                stopTimer();
                timer = watchTime(to, task, limit);
            }
        } finally {
            lock.unlock();
        }
    }

    private void timeOver(Worker late, long task) {
        lock.lock();
        try {
            if (worker != late || sent.isEmpty() || sent.getFirst().from() != task) {
                return;
            }
            worker = null;
            var _ = late.worksFor(null);
            again.addAll(sent.subList(1, sent.size()));
            if (sent.getFirst().to() > task + 1) {
                again.addFirst(new TaskRange(task + 1, sent.getFirst().to()));
            }
            sent.clear();
            timer = null;
        } finally {
            lock.unlock();
        }
        Background.THREADS.execute(() -> {
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
            case RESULTS -> results(from, frame);
            case FAILED -> failed(frame);
            case UNREADABLE -> unreadable(frame);
            default -> {
                callEnded();
                return;
            }
        }
        if (mayWait) {
            Background.THREADS.execute(this::feed);
        } else {
            feed();
        }
    }

    private void results(Worker from, FrameInput frame) throws ProtocolException {
        int sequence = frame.getInt();
        long first = frame.getLong();
        int count = frame.getInt();
        long nanos = frame.getLong();
        boolean sentAgain = sequence < 0;
        if (!has(first, count)) {
            if (sentAgain) {
                return; // it was read the first time
            }
            throw strange(first, count);
        }
        ValueReader values = new ValueReader(frame, call.format, call.loader);
        int read = 0;
        for (; read < count; read++) {
            Object value;
            try {
                value = values.read();
            } catch (ProtocolException e) {
                throw e;
            } catch (Throwable e) { // user code
                if (count == 1) {
                    work.fail(
                            first,
                            new TaskTransferException(
                                    "The task's result came back but could not be read here: " + e, e));
                    read = 1;
                } else {
                    from.send(new FrameOutput(FrameType.RESULTS_AGAIN)
                            .putLong(callNumber)
                            .putInt(sequence));
                }
                break;
            }
            work.succeed(first + read, value);
        }
        lock.lock();
        try {
            delivered(first, first + read);
            if (!sentAgain) {
                resultsRead = sequence + 1;
                double now = Math.max((double) nanos / count, 1);
                taskNanos = taskNanos == 0 ? now : 0.5 * taskNanos + 0.5 * now;
            }
        } finally {
            lock.unlock();
        }
    }

    private void failed(FrameInput frame) throws ProtocolException {
        long task = frame.getLong();
        boolean ofResult = frame.getByte() != 0;
        check(task, 1);
        Throwable failure = Failures.read(frame, call.format, call.loader);
        work.fail(
                task,
                ofResult
                        ? new TaskTransferException(
                                "The task's result could not be sent back from a " + call.kind() + ": " + failure
                                        + ". Give back something serialisable and not too large, or use the backend 'threads'",
                                failure)
                        : failure);
        lock.lock();
        try {
            delivered(task, task + 1);
        } finally {
            lock.unlock();
        }
    }

    private void unreadable(FrameInput frame) throws ProtocolException {
        long first = frame.getLong();
        int count = frame.getInt();
        check(first, count);
        Throwable failure = Failures.read(frame, call.format, call.loader);
        if (count == 1) {
            work.fail(
                    first,
                    new TaskTransferException(
                            "The task could not be read in a " + call.kind() + ": " + failure, failure));
        }
        lock.lock();
        try {
            delivered(first, first + count);
            if (count > 1) {
                sendSingly(new TaskRange(first, first + count));
            }
        } finally {
            lock.unlock();
        }
    }

    private void check(long first, int count) throws ProtocolException {
        if (!has(first, count)) {
            throw strange(first, count);
        }
    }

    private static ProtocolException strange(long first, int count) {
        return new ProtocolException(
                "an answer for " + count + " tasks from task " + first + ", which the worker does not have");
    }

    /** Whether the worker has some tasks, of one batch. */
    private boolean has(long first, int count) {
        lock.lock();
        try {
            return count > 0 && sent.stream().anyMatch(range -> range.from() <= first && first + count <= range.to());
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
    private void delivered(long first, long end) {
        barren = 0;
        for (int i = 0; i < sent.size(); i++) {
            TaskRange range = sent.get(i);
            if (range.from() <= first && end <= range.to()) {
                sent.remove(i);
                if (end < range.to()) {
                    sent.add(i, new TaskRange(end, range.to()));
                }
                if (range.from() < first) {
                    sent.add(i, new TaskRange(range.from(), first));
                }
                break;
            }
        }
        stopTimer();
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
            stopTimer();
            if (interrupted != null) {
                Worker late = interrupted;
                killTimer = Background.CLOCK.schedule(() -> killIfHere(late), KILL_MILLIS, TimeUnit.MILLISECONDS);
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
            stopTimer();
            stopKillTimer();
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
