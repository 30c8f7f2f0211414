package io.heddle.benchmarks;

import io.heddle.Parallel;
import io.heddle.TaskFailedException;
import io.heddle.processes.ProcessesBackend;
import io.heddle.processes.failure.TerminatedWorkerException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** How fast do worker processes start and recover, and what do they hold? A class path of jars, as users have it, is needed. */
final class WorkerLife {
    private static final int WORKERS = 2;
    private static final int MANY_TASKS = 1_000_000;

    /** So long no child has come or gone: nothing is being started, no AOT cache is being made. */
    private static final Duration QUIET = Duration.ofMillis(500);

    private static final Duration MOST_WAIT = Duration.ofMinutes(1);

    /** Rows. */
    private enum Question {
        FIRST_CALL(
                "processes.first-call",
                "ms",
                "first-call",
                "2 new workers of a running parent, caches warm; floor: java -version"),
        FIRST_CALL_FRESH(
                "processes.first-call-fresh",
                "ms",
                "first-call-fresh",
                "from the start of a parent to the first result of 2 workers, caches warm; floor: java -version"),
        CRASH_TO_ERROR(
                "processes.crash-to-error",
                "ms",
                "crash-to-error",
                "a warm call of 2 workers of which one is halted, to the exception; peer: os._exit"),
        NEXT_CALL("processes.next-call", "ms", "next-call", "the call of 2 tasks at once after a worker was halted"),
        MEMORY_NEW(
                "processes.memory.new",
                "MB",
                "memory-new",
                "resident memory of an idle worker that has connected; peer: after its first task"),
        MEMORY_WORKED(
                "processes.memory.worked",
                "MB",
                "memory-worked",
                "resident memory of the larger of 2 workers 10 s after");

        private final String row;
        private final String unit;
        private final String peer;
        private final String note;

        Question(String row, String unit, String peer, String note) {
            this.row = row;
            this.unit = unit;
            this.peer = peer;
            this.note = note;
        }
    }

    /** What ends a worker. */
    private enum Fault {
        HALT,
        SIGKILL,
        SIGSEGV
    }

    private final Measure measure;
    private final Map<String, List<Double>> seen = new LinkedHashMap<>(); // beside the figures, for the note
    private int backends;

    private WorkerLife(Measure measure) {
        this.measure = measure;
    }

    static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Question question : Question.values()) {
            rows.add(new ChildRow(
                    question.row,
                    question.unit,
                    false,
                    WorkerLife.class,
                    List.of(question.name()),
                    Optional.empty(),
                    Optional.of(new Python.Peer("loky", () -> List.of("loky", question.peer))),
                    question.note));
        }
        return rows;
    }

    public static void main(String[] arguments) throws Exception {
        Measure measure = Measure.valueOf(arguments[0]);
        WorkerLife life = new WorkerLife(measure);
        SequencedMap<String, Callable<Double>> contenders = new LinkedHashMap<>();
        contenders.put(
                RowResult.HEDDLE,
                switch (Question.valueOf(arguments[1])) {
                    case FIRST_CALL -> life::firstCall;
                    case FIRST_CALL_FRESH -> WorkerLife::firstCallOfFreshParent;
                    case CRASH_TO_ERROR -> life::crashToError;
                    case NEXT_CALL -> life::nextCall;
                    case MEMORY_NEW -> life::memoryOfNew;
                    case MEMORY_WORKED -> life::memoryAfterWork;
                });
        if (arguments[1].startsWith("FIRST_CALL")) {
            contenders.put(RowResult.FLOOR, WorkerLife::javaVersion);
        }
        warmCaches();
        ChildRow.report(measure, false, contenders, life::seen);
    }

    /** Another program: says its first result. */
    static final class FirstCall {
        private FirstCall() {}

        public static void main(String[] arguments) {
            System.out.println(
                    parallel(ProcessesBackend.builder().spareWorkers(0).build()).map(List.of(0, 1), task -> task));
        }
    }

    private static Parallel parallel(ProcessesBackend backend) {
        return Parallel.builder().backend(backend).jobs(WORKERS).build();
    }

    private static List<Long> twoTasks(ProcessesBackend backend) {
        return parallel(backend)
                .map(List.of(0, 1), task -> ProcessHandle.current().pid());
    }

    /** Waits for the AOT cache of worker JVMs, where this is the first program that needs it. */
    private static void warmCaches() throws InterruptedException {
        try (ProcessesBackend backend = ProcessesBackend.create()) {
            twoTasks(backend);
            awaitQuiet();
        }
        awaitQuiet();
    }

    private static void awaitQuiet() throws InterruptedException {
        long end = System.nanoTime() + MOST_WAIT.toNanos();
        long since = System.nanoTime();
        List<Long> before = children();
        while (System.nanoTime() - since < QUIET.toNanos() && System.nanoTime() < end) {
            Thread.sleep(20);
            List<Long> now = children();
            if (!now.equals(before)) {
                before = now;
                since = System.nanoTime();
            }
        }
    }

    private static List<Long> children() {
        return ProcessHandle.current()
                .children()
                .map(ProcessHandle::pid)
                .sorted()
                .toList();
    }

    /** A backend that shares its workers with no other. */
    private ProcessesBackend.Builder backend() {
        return ProcessesBackend.builder().environment("HEDDLE_BENCH", Integer.toString(++backends));
    }

    private double firstCall() throws InterruptedException {
        try (ProcessesBackend backend = backend().spareWorkers(0).build()) {
            long begin = System.nanoTime();
            parallel(backend).map(List.of(0, 1), task -> task); // as little as loky's
            return millisSince(begin);
        } finally {
            awaitQuiet();
        }
    }

    private static double firstCallOfFreshParent() throws IOException, InterruptedException {
        return millisToOutput(ChildRow.java(FirstCall.class, List.of()), false);
    }

    private static double javaVersion() throws IOException, InterruptedException {
        return millisToOutput(List.of(ChildRow.java(FirstCall.class, List.of()).getFirst(), "-version"), true);
    }

    /** Until a program says something, or to its end. */
    private static double millisToOutput(List<String> command, boolean toEnd) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        Process process =
                new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
        try {
            int said = process.getInputStream().read();
            double millis = millisSince(begin);
            int status = process.waitFor();
            if (status != 0 || (said < 0 && !toEnd)) {
                throw new IOException(String.join(" ", command) + " failed with status " + status);
            }
            return toEnd ? millisSince(begin) : millis;
        } finally {
            process.destroyForcibly();
        }
    }

    private static double millisSince(long begin) {
        return (System.nanoTime() - begin) / 1e6;
    }

    private double crashToError() throws Exception {
        return crash(false);
    }

    private double nextCall() throws Exception {
        return crash(true);
    }

    /** The figure of a halted worker; those of others go to the note. */
    private double crash(boolean next) throws Exception {
        double halted = crash(Fault.HALT, next);
        if (measure == Measure.FULL) {
            see("SIGKILL", crash(Fault.SIGKILL, next));
            see("SIGSEGV with hs_err", crash(Fault.SIGSEGV, next));
        }
        return halted;
    }

    private double crash(Fault fault, boolean next) throws Exception {
        try (ProcessesBackend backend = backend().build()) {
            Parallel parallel = parallel(backend);
            for (int warmUp = 0; warmUp < 3; warmUp++) {
                parallel.range(WORKERS, Native::load);
            }
            awaitQuiet();
            long begin = System.nanoTime();
            try {
                parallel.range(WORKERS, task -> task == 0 ? Native.end(fault) : task);
                throw new IllegalStateException("a worker survived " + fault);
            } catch (TaskFailedException e) {
                double millis = millisSince(begin);
                if (!(e.getCause() instanceof TerminatedWorkerException death)) {
                    throw e;
                }
                begin = System.nanoTime();
                parallel.range(WORKERS, task -> task);
                double millisNext = millisSince(begin);
                if (death.errorFile().isPresent()) {
                    Files.deleteIfExists(death.errorFile().get());
                }
                return next ? millisNext : millis;
            }
        }
    }

    /** Runs in workers. */
    private static final class Native {
        private static final MethodHandle RAISE = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("raise"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

        private Native() {}

        /** Loads the class in this worker, and leaves the other task to the other one. */
        static int load(int task) throws InterruptedException {
            Thread.sleep(20);
            return task;
        }

        static int end(Fault fault) throws Exception {
            switch (fault) {
                case HALT -> Runtime.getRuntime().halt(1);
                case SIGKILL -> raise(9);
                case SIGSEGV -> raise(11);
            }
            Thread.sleep(MOST_WAIT); // the kernel may need a moment
            throw new IllegalStateException("a worker survived " + fault);
        }

        private static void raise(int signal) {
            try {
                var _ = (int) RAISE.invokeExact(signal);
            } catch (Throwable e) {
                throw new AssertionError(e); // a downcall throws nothing
            }
        }
    }

    private double memoryOfNew() throws IOException, InterruptedException {
        try (ProcessesBackend backend = backend().build()) {
            List<Long> asked = twoTasks(backend);
            awaitQuiet();
            List<Long> spare = new ArrayList<>(children());
            spare.removeAll(asked);
            if (spare.size() != 1) {
                throw new IllegalStateException("one spare worker was expected beside " + asked + ": " + spare);
            }
            Memory untouched = Memory.of(spare.getFirst());
            see("proportional (3 workers)", untouched.proportional);
            see("after its first task", Memory.of(asked.getFirst()).resident);
            return untouched.resident;
        }
    }

    private double memoryAfterWork() throws IOException, InterruptedException {
        try (ProcessesBackend backend = backend().build()) {
            List<Long> workers = twoTasks(backend);
            parallel(backend).range(MANY_TASKS, task -> task);
            Thread.sleep(measure == Measure.FULL ? 10_000 : 3_000);
            Memory most = new Memory(0, 0);
            for (long worker : workers) {
                Memory each = Memory.of(worker);
                most = each.resident > most.resident ? each : most;
            }
            see("proportional (3 workers)", most.proportional);
            return most.resident;
        }
    }

    /** What a process holds, in MB of 2^20 bytes. */
    private record Memory(double resident, double proportional) {
        static Memory of(long pid) throws IOException {
            List<String> lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), "smaps_rollup"));
            return new Memory(megabytes(lines, "Rss:"), megabytes(lines, "Pss:"));
        }

        private static double megabytes(List<String> lines, String name) {
            return lines.stream()
                    .filter(line -> line.startsWith(name))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
                    .findFirst()
                    .orElseThrow();
        }
    }

    private void see(String what, double figure) {
        seen.computeIfAbsent(what, _ -> new ArrayList<>()).add(figure);
    }

    private String seen() {
        return seen.entrySet().stream()
                .map(each ->
                        String.format(Locale.ROOT, "%s %.3g", each.getKey(), measure.figure(each.getValue(), false)))
                .collect(Collectors.joining(", "));
    }
}
