package io.heddle.cli.stress;

import io.heddle.NativeThreads;
import io.heddle.control.UserApi;
import io.heddle.limit.ThreadLimit;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Random;

/** One Java thread of the stress: opens and closes limits at random, nested and overlapping, and works inside and outside of them. */
final class Caller implements Runnable {
    private static final int MOST_LIMIT = 4;
    private static final int READ_BACK_EVERY = 8;
    private static final long WAITS = Long.MAX_VALUE;

    private final StressRun run;
    private final Random random;
    private volatile long progressNanos = System.nanoTime();

    Caller(StressRun run, long seed) {
        this.run = run;
        this.random = new Random(seed);
    }

    /** How long it has made no progress; 0 while it waits for the others. */
    long stuckNanos() {
        long progress = progressNanos;
        return progress == WAITS ? 0 : System.nanoTime() - progress;
    }

    @Override
    public void run() {
        try (Arena arena = Arena.ofConfined()) {
            Work work = new Work(run.blas(), run.problems(), run.counts(), random, arena);
            Numbers before = null;
            try {
                run.warmUp(work);
                before = Numbers.now();
            } catch (RuntimeException | Error e) {
                run.fail(e);
            }
            waitAt(run.start());
            try {
                while (run.isOn()) {
                    turn(work);
                    progressNanos = System.nanoTime();
                }
            } catch (RuntimeException | Error e) {
                run.fail(e);
            }
            waitAt(run.end());
            if (before != null) {
                run.counts().leftChanged.addAndGet(before.changed());
            }
        } catch (InterruptedException | RuntimeException | Error e) {
            run.fail(e);
        }
    }

    private void waitAt(Stage stage) throws InterruptedException {
        progressNanos = WAITS;
        stage.arriveAndWait();
        progressNanos = System.nanoTime();
    }

    private void turn(Work work) {
        switch (random.nextInt(6)) {
            case 0 -> work.next();
            case 1 -> {
                try (ThreadLimit limit = all()) {
                    work.next();
                    limit.refresh();
                    work.next();
                }
            }
            case 2 -> {
                try (ThreadLimit outer = all()) {
                    work.next();
                    try (ThreadLimit inner = selected()) {
                        work.next();
                        inner.refresh();
                    }
                    outer.refresh();
                    work.next();
                }
            }
            case 3 -> overlapping(work);
            case 4 -> {
                try (ThreadLimit _ = selected()) {
                    work.next();
                    work.next();
                }
            }
            default -> {
                try (ThreadLimit _ = all();
                        ThreadLimit _ = selected();
                        ThreadLimit _ = all()) {
                    work.next();
                }
            }
        }
    }

    /** The first one opened is closed first. */
    @SuppressWarnings("MustBeClosedChecker")
    private void overlapping(Work work) {
        ThreadLimit first = all();
        ThreadLimit second = null;
        try {
            work.next();
            second = selected();
            work.next();
        } finally {
            first.close();
            try {
                work.next();
            } finally {
                if (second != null) {
                    second.close();
                }
            }
        }
    }

    private ThreadLimit all() {
        return opened(NativeThreads.limit(number()));
    }

    private ThreadLimit selected() {
        Path file = run.file();
        return opened(
                random.nextBoolean()
                        ? NativeThreads.select(UserApi.BLAS).limit(number())
                        : NativeThreads.select(info -> info.path().equals(file)).limit(number()));
    }

    private int number() {
        return random.nextInt(1, MOST_LIMIT + 1);
    }

    /** A limit of 1 always holds. Of others a library may make less, and an OpenBLAS built on OpenMP its own number. */
    private ThreadLimit opened(ThreadLimit limit) {
        run.counts().limits.incrementAndGet();
        if (limit.threads() == 1
                && random.nextInt(READ_BACK_EVERY) == 0
                && limit.applied().stream().anyMatch(library -> library.inForce() > 1)) {
            run.counts().notHeld.incrementAndGet();
        }
        return limit;
    }
}
