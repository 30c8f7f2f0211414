package io.heddle.dispatch;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** What the observers of a call are told, in the order in which its threads say it, one thing at a time. Thread-safe. */
final class Announcements {
    private static final long PROGRESS_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final AtomicBoolean OBSERVER_TOLD = new AtomicBoolean();

    private final CallView call;
    private final List<CallObserver> observers;
    private final Queue<Consumer<CallObserver>> untold = new ConcurrentLinkedQueue<>();
    private final ReentrantLock telling = new ReentrantLock();
    private long lastTold; // guarded by telling
    private boolean endTold; // guarded by telling

    Announcements(CallView call, List<CallObserver> observers, long begin) {
        this.call = call;
        this.observers = observers;
        this.lastTold = begin - PROGRESS_NANOS;
    }

    void started() {
        tell(observer -> observer.started(call));
    }

    /** After a range of tasks; seldom enough to cost nothing beside it. */
    void progressed(long now) {
        if (!observers.isEmpty() && telling.tryLock()) {
            try {
                if (!endTold && now - lastTold >= PROGRESS_NANOS) {
                    lastTold = now;
                    untold.add(observer -> observer.progressed(call));
                    tellAll();
                }
            } finally {
                telling.unlock();
            }
        }
    }

    void failed(long task, Throwable failure, boolean retried) {
        tell(observer -> observer.failed(call, task, failure, retried));
    }

    /** The last word. */
    void ended() {
        tell(observer -> observer.ended(call));
        telling.lock();
        try {
            endTold = true;
        } finally {
            telling.unlock();
        }
    }

    private void tell(Consumer<CallObserver> what) {
        if (!observers.isEmpty()) {
            untold.add(what);
            if (TimeLimits.isWatching()) {
                Thread.startVirtualThread(this::tellAll); // no listener holds up the time limits of others
            } else {
                tellAll();
            }
        }
    }

    /** In the order in which it was said; what others said is told by whoever comes first. */
    private void tellAll() {
        telling.lock();
        try {
            for (Consumer<CallObserver> what = untold.poll(); what != null; what = untold.poll()) {
                if (!endTold) {
                    Consumer<CallObserver> next = what;
                    observers.forEach(observer -> guarded(() -> next.accept(observer)));
                }
            }
        } finally {
            telling.unlock();
        }
    }

    private static void guarded(Runnable telling) {
        Context before = Context.enter(Context.current().silent()); // it is not told of its own calls
        try {
            telling.run();
        } catch (Throwable e) {
            if (OBSERVER_TOLD.compareAndSet(false, true)) {
                logger().log(Level.WARNING, "A ParallelListener threw; its calls go on. Told once.", e);
            }
        } finally {
            Context.leave(before);
        }
    }

    /** Looked up where something is to be said: it looks through the class path, which costs a new program milliseconds. */
    private static System.Logger logger() {
        return System.getLogger("io.heddle");
    }
}
