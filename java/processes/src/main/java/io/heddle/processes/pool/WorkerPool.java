package io.heddle.processes.pool;

import io.heddle.processes.codec.Codec;
import io.heddle.processes.codec.JdkCodec;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.wire.Format;
import io.heddle.processes.wire.FrameInput;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.wire.ProtocolException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/*
 * A call borrows workers: idle ones first, new ones for the rest; each comes to it when it is ready, so that the first tasks do not wait for
 * the last JVM. A spare is started beyond what calls asked for, so that the next call that wants one more, or that lost one, has it at once.
 */
/** Workers that are kept between calls. Thread-safe. */
public final class WorkerPool implements AutoCloseable {
    private static final Map<PoolSettings, WorkerPool> SHARED = new ConcurrentHashMap<>();

    private final PoolSettings settings;
    private final boolean shared;
    private final Format format;
    private final Deque<Worker> idle = new ArrayDeque<>(); // guarded by this, as is what follows
    private final Set<Worker> living = new HashSet<>();
    private final Deque<Wanted> wanted = new ArrayDeque<>();
    /** Wishes that a worker was found for of which it is not known yet whether it may work, and those of them that were taken back. */
    private final Set<BiConsumer<@Nullable Worker, @Nullable Throwable>> lending = new HashSet<>();

    private final Set<BiConsumer<@Nullable Worker, @Nullable Throwable>> renounced = new HashSet<>();
    private int starting;
    private long starts;
    private boolean watching;
    private boolean closed;
    private boolean released; // nobody gets it any more who has not got it already
    private long used = System.nanoTime(); // when somebody last wanted a worker, or asked the source something

    private final Map<Integer, Question> questions = new ConcurrentHashMap<>();
    private final AtomicInteger question = new AtomicInteger();

    private record Question(Worker asked, CompletableFuture<WorkerInfo> answer) {}

    /** A wish; {@code since} starts had begun before: the failure of one of those is another call's. */
    private record Wanted(Place place, BiConsumer<@Nullable Worker, @Nullable Throwable> then, long since) {}

    /**
     * What a worker is wanted for.
     *
     * @param innerMaxNumThreads what its native libraries may use
     * @param explicit whether the user said that
     * @param cpus the CPUs that it may use
     */
    record Place(int innerMaxNumThreads, boolean explicit, int cpus) {}

    private WorkerPool(PoolSettings settings, boolean shared) {
        this.settings = settings;
        this.format = Format.of(settings.codec(), settings.serialFilter(), loader());
        this.shared = shared;
    }

    /** The pool of some settings that the whole process shares. */
    public static WorkerPool shared(PoolSettings settings) {
        return SHARED.computeIfAbsent(settings, made -> new WorkerPool(made, true));
    }

    /** A pool of one's own, to be closed. */
    public static WorkerPool own(PoolSettings settings) {
        return new WorkerPool(settings, false);
    }

    /**
     * Refuses settings that no pool can be made of.
     *
     * @throws IllegalArgumentException if the codec is unknown or the filter wrong
     */
    public static void check(PoolSettings settings) {
        Format.of(settings.codec(), settings.serialFilter(), loader());
    }

    private static ClassLoader loader() {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        return loader == null ? ClassLoader.getSystemClassLoader() : loader;
    }

    PoolSettings settings() {
        return settings;
    }

    Format format() {
        return format;
    }

    /** The number by which workers know a class loader. */
    int loaderNumber(@Nullable ClassLoader of) {
        return CallerClasses.number(of, settings.source().workersHaveClassPath());
    }

    /** The number of the loader that a new worker needs: its initializer's or, where the worker has that one itself, the codec's. */
    int firstLoaderNumber() {
        Runnable initializer = settings.initializer();
        int first = initializer == null ? 0 : loaderNumber(initializerLoader());
        Codec codec = format.codec();
        return first != 0 || codec == JdkCodec.INSTANCE
                ? first
                : loaderNumber(codec.getClass().getClassLoader());
    }

    ClassLoader initializerLoader() {
        Runnable initializer = settings.initializer();
        ClassLoader loader = initializer == null ? null : initializer.getClass().getClassLoader();
        return loader == null ? ClassLoader.getSystemClassLoader() : loader;
    }

    /** Lends a worker: calls back with one, at once or on another thread later, or with the reason why there is none. */
    void borrow(Place place, BiConsumer<@Nullable Worker, @Nullable Throwable> then) {
        Worker found;
        boolean over;
        List<Worker> unfit = new ArrayList<>();
        synchronized (this) {
            used = System.nanoTime();
            over = closed && !shared;
            found = over ? null : takeIdle(place, unfit);
            if (found != null) {
                keepSpares(place);
            } else if (!over) {
                wanted.add(new Wanted(place, then, starts));
                if (wanted.size() > starting) {
                    start(place);
                }
                idle.removeAll(unfit); // what they hold may be just what the new one needs
            }
        }
        if (found != null) {
            lend(found, place, then);
        } else if (over) {
            then.accept(null, new BrokenPoolException("The workers of this backend were closed: make another one"));
        } else {
            unfit.forEach(Worker::retire);
        }
    }

    private void lend(Worker worker, Place place, BiConsumer<@Nullable Worker, @Nullable Throwable> then) {
        CompletableFuture<Boolean> may = worker.work(place);
        if (!may.isDone()) {
            synchronized (this) {
                lending.add(then);
            }
        }
        var _ = may.whenComplete((granted, failure) -> lent(worker, place, then, failure == null && granted));
    }

    private void lent(
            Worker worker, Place place, BiConsumer<@Nullable Worker, @Nullable Throwable> then, boolean granted) {
        boolean wanted;
        synchronized (this) {
            wanted = lending.remove(then) || !renounced.remove(then);
        }
        if (!granted) {
            worker.retire();
            if (wanted) {
                borrow(place, then);
            }
        } else if (wanted) {
            then.accept(worker, null);
        } else {
            giveBack(worker);
        }
    }

    /** The one with the fewest beside it, among those the one that fits best; of equals the one used last. */
    private @Nullable Worker takeIdle(Place place, List<Worker> unfit) {
        idle.removeIf(worker -> !worker.isUsable());
        Worker best = null;
        int fewest = Integer.MAX_VALUE;
        long least = Long.MAX_VALUE;
        for (Worker worker : idle) {
            int neighbours = worker.neighbours();
            long misfit = misfit(worker, place);
            if (!worker.isFit(place)) {
                unfit.add(worker);
            } else if (neighbours < fewest || (neighbours == fewest && misfit < least)) {
                best = worker;
                fewest = neighbours;
                least = misfit;
            }
        }
        if (best != null) {
            idle.remove(best);
        }
        return best;
    }

    /*
     * A JVM keeps the heap and the processor count that it was started with. Those for more CPUs do no harm but that its own threads may be
     * more; in those for fewer a task may miss memory. An environment with another limit costs a call some milliseconds once.
     */
    /** How ill a worker fits: 0 where it was started for just such a place. */
    private static long misfit(Worker worker, Place place) {
        long more = (long) worker.cpus() - place.cpus();
        long ofCpus = more >= 0 ? more : Integer.MAX_VALUE - more;
        return 2 * ofCpus + (worker.environmentLimit() == place.innerMaxNumThreads() ? 0 : 1);
    }

    private synchronized void start(Place place) {
        starting++;
        long number = ++starts;
        Background.run(() -> launch(place, number));
    }

    /** A start for each wish that none is under way for. Under this. */
    private void startForAll() {
        for (Wanted each : wanted) {
            if (wanted.size() <= starting) {
                return;
            }
            start(each.place());
        }
    }

    private void launch(Place place, long number) {
        try {
            WorkerLink link = settings.source().launch(place.innerMaxNumThreads(), place.explicit(), place.cpus());
            Worker worker = new Worker(link, this, place.cpus());
            synchronized (this) {
                living.add(worker);
            }
            var _ = begun(worker).whenComplete((ready, failure) -> {
                if (ready != null) {
                    Background.run(() -> started(ready, place)); // not on its reader: the call begins there
                } else {
                    failed(failure, number);
                }
            });
        } catch (RuntimeException | Error e) {
            failed(e, number);
        }
    }

    private CompletableFuture<Worker> begun(Worker worker) {
        try {
            return worker.begin();
        } catch (RuntimeException | Error e) { // no thread to be had
            died(worker);
            worker.kill();
            throw e;
        }
    }

    private void started(Worker worker, Place place) {
        synchronized (this) {
            starting--;
        }
        take(worker, false);
        keepSpares(place);
    }

    private void failed(Throwable failure, long number) {
        Wanted next = null;
        synchronized (this) {
            starting--;
            for (Wanted each : wanted) {
                if (each.since() < number) {
                    next = each;
                    break;
                }
            }
            if (next != null) {
                wanted.remove(next);
            }
            startForAll();
            watchIfEmpty();
        }
        closeSource();
        if (next != null) {
            next.then().accept(null, failure);
        }
    }

    /** Takes a worker that has no task: for whoever waits for one, else to be kept. */
    void giveBack(Worker worker) {
        take(worker, true);
    }

    /** A worker's memory has grown too much: it ends, now if it is idle, else when it has no task any more. */
    void grew(Worker worker) {
        boolean wasIdle;
        synchronized (this) {
            wasIdle = idle.remove(worker);
        }
        if (wasIdle) {
            worker.retire();
        }
    }

    private void take(Worker worker, boolean warm) {
        Wanted next = null;
        synchronized (this) {
            if ((closed && wanted.isEmpty()) || !worker.isUsable()) {
                if (worker.isUsable() || worker.hasGrown()) {
                    worker.retire();
                }
                startForAll(); // a wish may have waited for just this one
            } else {
                next = takeWish(worker);
                if (next == null && !wanted.isEmpty()) {
                    worker.retire(); // what it holds may be just what the wishes wait for
                    startForAll();
                } else if (next == null) {
                    worker.becomesIdle();
                    worker.rest();
                    if (warm) {
                        idle.addFirst(worker);
                    } else {
                        idle.addLast(worker); // a new one is not to be taken before those that have run tasks
                    }
                    watch();
                }
            }
        }
        if (next != null) {
            next.then().accept(worker, null);
        }
    }

    /** The oldest of those that a worker fits best. Each has a start of its own under way, so none waits for ever. */
    private @Nullable Wanted takeWish(Worker worker) {
        Wanted best = null;
        for (Wanted each : wanted) {
            if (worker.isFit(each.place())
                    && (best == null || misfit(worker, each.place()) < misfit(worker, best.place()))) {
                best = each;
            }
        }
        if (best != null) {
            wanted.remove(best);
        }
        return best;
    }

    /** Takes back a wish. False if it was granted already. */
    synchronized boolean noLongerWants(BiConsumer<@Nullable Worker, @Nullable Throwable> then) {
        if (lending.remove(then)) {
            renounced.add(then);
            return true;
        }
        return wanted.removeIf(each -> each.then().equals(then));
    }

    private void keepSpares(Place place) {
        synchronized (this) {
            if (!closed && wanted.isEmpty() && idle.size() + starting < settings.spares()) {
                start(place);
            }
        }
    }

    void died(Worker worker) {
        synchronized (this) {
            living.remove(worker);
            idle.remove(worker);
            watchIfEmpty();
        }
        closeSource();
        for (Question open : questions.values()) {
            if (open.asked().equals(worker)) {
                open.answer().complete(WorkerInfo.silent(worker.pid()));
            }
        }
    }

    private void closeSource() {
        synchronized (this) {
            if (!released || !living.isEmpty() || starting > 0) {
                return;
            }
        }
        settings.source().close();
    }

    /** The source was used without a worker: it is closed when nobody uses it, nor a worker of its, for as long as a worker may be idle. */
    public synchronized void touch() {
        used = System.nanoTime();
        watchIfEmpty();
    }

    /** No worker is left, or none came, that would be idle some day. Under this. */
    private void watchIfEmpty() {
        if (shared && !released && living.isEmpty()) {
            watch();
        }
    }

    /** Ends workers that have been idle for too long, for as long as there are any. */
    private void watch() {
        if (!watching) {
            watching = true;
            long nanos = Math.max(settings.idleLimit().toNanos() / 4, TimeUnit.MILLISECONDS.toNanos(10));
            var _ = Background.CLOCK.schedule(this::endIdle, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void endIdle() {
        List<Worker> over = new ArrayList<>();
        synchronized (this) {
            watching = false;
            idle.removeIf(worker -> {
                boolean old = worker.idleNanos() >= settings.idleLimit().toNanos();
                if (old) {
                    over.add(worker);
                }
                return old || !worker.isUsable();
            });
            if (!idle.isEmpty()) {
                watch();
            } else if (shared && living.size() == over.size() && starting == 0) {
                if (System.nanoTime() - used < settings.idleLimit().toNanos()) {
                    watch();
                } else {
                    SHARED.remove(settings, this); // with the user's initializer; who has this pool can use it on
                    released = true;
                }
            }
        }
        over.forEach(Worker::retire);
        closeSource();
    }

    /** What the living workers are and hold; waits for their answers. */
    public List<WorkerInfo> info() {
        List<Worker> asked;
        synchronized (this) {
            asked = List.copyOf(living);
        }
        List<CompletableFuture<WorkerInfo>> answers = new ArrayList<>();
        for (Worker worker : asked) {
            int number = question.incrementAndGet();
            CompletableFuture<WorkerInfo> answer = new CompletableFuture<>();
            questions.put(number, new Question(worker, answer));
            Background.run(() -> worker.send(new FrameOutput(FrameType.INFO).putInt(number)));
            answers.add(answer.completeOnTimeout(WorkerInfo.silent(worker.pid()), 10, TimeUnit.SECONDS)
                    .thenApply(info -> info.ofProcess(worker.pid()))
                    .whenComplete((_, _) -> questions.remove(number)));
        }
        synchronized (this) {
            for (int i = 0; i < asked.size(); i++) {
                if (!living.contains(asked.get(i))) { // it died before it was asked
                    answers.get(i).complete(WorkerInfo.silent(asked.get(i).pid()));
                }
            }
        }
        List<WorkerInfo> told = answers.stream().map(CompletableFuture::join).toList();
        synchronized (this) {
            return IntStream.range(0, told.size())
                    .filter(i -> living.contains(asked.get(i)))
                    .mapToObj(told::get)
                    .toList();
        }
    }

    void informed(FrameInput frame) throws ProtocolException {
        Question open = questions.get(frame.getInt());
        WorkerInfo info = WorkerInfo.read(frame);
        if (open != null) {
            open.answer().complete(info);
        }
    }

    /** The workers that can be had at once. */
    synchronized int idleWorkers() {
        return idle.size();
    }

    /** Ends the workers: idle ones now, others when their call is over. */
    @Override
    public void close() {
        List<Worker> over;
        List<Wanted> waiting;
        synchronized (this) {
            closed = true;
            released = true;
            over = List.copyOf(idle);
            idle.clear();
            waiting = shared ? List.of() : List.copyOf(wanted); // calls of others go on
            wanted.removeAll(waiting);
        }
        if (shared) {
            SHARED.remove(settings, this);
        }
        over.forEach(Worker::retire);
        closeSource();
        for (Wanted each : waiting) {
            each.then()
                    .accept(
                            null,
                            new BrokenPoolException(
                                    "The workers of this backend were closed while a call waited for one"));
        }
    }
}
