package io.heddle.cli.stress;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.control.ThreadingLayer;
import io.heddle.ffi.NativeLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/*
 *   main          warm up -- numbers before --+----------- watches progress -----------+-- numbers after
 *   caller i      warm up -- numbers before --+-- limits open and close, work, check --+-- numbers after
 *   unrelated                                 +-- loads and closes another library ----+
 */
/** The stress on one library that is loaded in this JVM. */
final class StressRun {
    /** LAPACK keeps buffers on its caller's stack; less corrupts in some builds. */
    private static final long STACK_BYTES = 16 << 20;

    private static final Duration POLL = Duration.ofMillis(100);

    private final StressSettings settings;
    private final NativeLibrary library;
    private final Path file;
    private final Blas blas;
    private final Work.Problems problems;
    private final Counts counts = new Counts();
    private final Stage start;
    private final Stage end;
    private final UnrelatedLibrary unrelated = new UnrelatedLibrary();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean on = true;
    private double secondsDone;

    /** A thread made no progress for too long. */
    static final class HangException extends Exception {
        private static final long serialVersionUID = 1;

        HangException(String message) {
            super(message);
        }
    }

    StressRun(StressSettings settings, NativeLibrary library) throws IOException {
        this.settings = settings;
        this.library = library;
        this.file = library.path().toRealPath();
        this.blas = Blas.of(library);
        this.problems = Work.Problems.random(new Random(settings.threads()));
        this.start = new Stage(settings.threads());
        this.end = new Stage(settings.threads());
    }

    Blas blas() {
        return blas;
    }

    Work.Problems problems() {
        return problems;
    }

    Counts counts() {
        return counts;
    }

    Path file() {
        return file;
    }

    Stage start() {
        return start;
    }

    Stage end() {
        return end;
    }

    boolean isOn() {
        return on;
    }

    void fail(Throwable failure) {
        failure.printStackTrace();
        failures.add(failure);
        on = false;
    }

    /** Lets the library start its threads and its runtime; only then its number can be told. */
    void warmUp(Work work) {
        work.multiply();
        if (blas.hasLapack()) {
            work.solve();
        }
    }

    private record Running(Thread thread, Caller caller) {}

    /**
     * Runs to the end.
     *
     * @return what was found
     * @throws HangException if a caller makes no progress
     */
    StressRow run() throws InterruptedException, HangException {
        Numbers before = numbersOnceUsed();
        List<Running> callers = startCallers();
        List<Thread> others = new ArrayList<>();
        reach(start, callers);
        long startNanos = System.nanoTime();
        others.add(start("unrelated-library", unrelated));
        if (settings.unsafeSetter()) {
            others.add(start("unsafe-setter", new UnsafeSetter(library, this::isOn)));
        }
        while (on && (System.nanoTime() - startNanos) / 1e9 < settings.seconds()) {
            Thread.sleep(POLL);
            checkProgress(callers);
        }
        on = false;
        unrelated.stop();
        for (Thread other : others) {
            other.join();
        }
        reach(end, callers);
        secondsDone = (System.nanoTime() - startNanos) / 1e9;
        for (Running caller : callers) {
            while (!caller.thread.join(POLL)) {
                checkProgress(callers);
            }
        }
        counts.leftChanged.addAndGet(before.changed());
        return row(failures.isEmpty() ? StressRow.OK : "failed: " + failures.peek());
    }

    private Numbers numbersOnceUsed() throws InterruptedException {
        try (Arena arena = Arena.ofShared()) {
            Work work = new Work(blas, problems, counts, new Random(0), arena);
            start("warm-up", () -> {
                        warmUp(work);
                        countOnQuietProcess();
                    })
                    .join();
        }
        return Numbers.now();
    }

    private void countOnQuietProcess() {
        try {
            if (!OneThread.isKept(blas)) {
                counts.notHeld.incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody does
        }
    }

    private List<Running> startCallers() {
        List<Running> callers = new ArrayList<>();
        for (int i = 0; i < settings.threads(); i++) {
            Caller caller = new Caller(this, System.nanoTime() + i);
            callers.add(new Running(start("stress-" + i, caller), caller));
        }
        return callers;
    }

    private Thread start(String name, Runnable task) {
        Thread thread = new Uninterrupted(task, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((_, failure) -> fail(failure));
        thread.start();
        return thread;
    }

    /** Nobody has a reason to interrupt it: who does is a defect, and named. An interrupt without a name is one that no Java code made. */
    private static final class Uninterrupted extends Thread {
        Uninterrupted(Runnable task, String name) {
            super(null, task, name, STACK_BYTES);
        }

        @Override
        public void interrupt() {
            new IllegalStateException(getName() + " is interrupted by " + Thread.currentThread()).printStackTrace();
            super.interrupt();
        }
    }

    private void reach(Stage stage, List<Running> callers) throws InterruptedException, HangException {
        while (!stage.isReached(POLL)) {
            checkProgress(callers);
        }
        stage.letGo();
    }

    private void checkProgress(List<Running> callers) throws HangException {
        for (Running running : callers) {
            double seconds = running.caller.stuckNanos() / 1e9;
            if (running.thread.isAlive() && seconds > settings.hangSeconds()) {
                throw new HangException(String.format(
                        Locale.ROOT, "hang: %s made no progress for %.0f s", running.thread.getName(), seconds));
            }
        }
    }

    /** What was found so far. */
    StressRow row(String outcome) {
        Optional<LibraryInfo> info = NativeThreads.info().stream()
                .filter(each -> each.path().equals(file))
                .findFirst();
        List<String> found = new ArrayList<>();
        if (!outcome.equals(StressRow.OK)) {
            found.add(outcome);
        }
        if (info.isEmpty()) {
            found.add("not controlled: NativeThreads.info() does not list it");
        }
        return new StressRow(
                        file.toString(),
                        info.flatMap(LibraryInfo::version).orElse(null),
                        info.map(LibraryInfo::threadingLayer)
                                .filter(layer -> layer != ThreadingLayer.UNKNOWN)
                                .map(layer -> layer.name().toLowerCase(Locale.ROOT))
                                .orElse(null),
                        info.map(each -> each.limitScope().name()).orElse(null),
                        blas.hasLapack(),
                        settings.threads(),
                        counts.dgemm.get(),
                        counts.dgesv.get(),
                        counts.limits.get(),
                        unrelated.loads(),
                        counts.wrong.get(),
                        counts.notHeld.get(),
                        counts.leftChanged.get(),
                        secondsDone,
                        found.isEmpty() ? StressRow.OK : String.join("; ", found))
                .withWhatWasCounted();
    }
}
