package io.heddle.dispatch;

import io.heddle.backend.Backend;
import io.heddle.backend.CallSettings;
import io.heddle.backend.Execution;
import io.heddle.backend.SharedFunction;
import io.heddle.backend.Work;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Calls whose workers are the actors of a stress test. They hold no inner limit, so nothing native is touched. */
final class Calls {
    private static final int CPUS = 2;

    private Calls() {}

    static IndexedWork indexed(Counted tasks, int jobs, Choice choice, boolean collects) {
        return new IndexedWork(tasks, plan(jobs, choice), jobs, context(), false, collects);
    }

    static LazyWork lazy(Counted tasks, LazyWork.Kept kept, int jobs, Choice choice) {
        LazyTasks lazy = new LazyTasks(
                tasks.inputs(),
                OptionalLong.empty(),
                input -> tasks.run(number(input)),
                tasks.shared(),
                input -> input,
                null);
        return new LazyWork(lazy, kept, plan(jobs, choice), context(), false, false);
    }

    private static int number(@Nullable Object input) {
        return ((Payload) Objects.requireNonNull(input)).value;
    }

    private static Plan plan(int jobs, Choice choice) {
        return new Plan(choice, Actors.BACKEND, jobs, true, CPUS, false, new InnerLimit(false, null, null));
    }

    private static Context context() {
        return Context.ofWorker(Choice.NONE, 0, Budget.of(CPUS), null);
    }

    /** What the caller gets in the end: the values in order, or how the call failed. */
    static String resultOf(IndexedWork work) {
        try {
            return text(Arrays.asList(work.results()));
        } catch (CallFailure e) {
            return text(e);
        }
    }

    static String resultOf(LazyWork work) {
        try {
            return text(work.list());
        } catch (CallFailure e) {
            return text(e);
        }
    }

    static String text(CallFailure failure) {
        Throwable cause = failure.getCause();
        return cause == null ? "cancelled" : "failed by " + (failure.task() < 0 ? "the call" : cause.getMessage());
    }

    static String text(List<? extends @Nullable Object> results) {
        return results.stream().map(Calls::text).collect(Collectors.joining(" "));
    }

    static String text(@Nullable Object result) {
        if (result instanceof RunningCall.Failed failed) {
            return failed.cause().getClass().getSimpleName();
        }
        return result instanceof Payload payload ? Integer.toString(payload.value) : String.valueOf(result);
    }

    /** A plain field: who sees the object through a race may see 0. */
    static final class Payload {
        int value;

        Payload(int value) {
            this.value = value;
        }
    }

    /** Tasks 1 to n, whose results are their numbers; counts how often each ran, and on which worker. */
    static final class Counted implements Tasks {
        private final int size;
        private final AtomicIntegerArray runs;
        private final AtomicIntegerArray runsOfWorkers = new AtomicIntegerArray(CPUS);

        Counted(int size) {
            this.size = size;
            this.runs = new AtomicIntegerArray(size + 1);
        }

        int runsOf(int worker) {
            return runsOfWorkers.get(worker);
        }

        int runs() {
            return runsOf(0) + runsOf(1);
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public Object run(int index) {
            return ran(index + 1);
        }

        private Object ran(int number) {
            RunningTask running = Context.currentTask();
            runsOfWorkers.getAndIncrement(running == null ? 0 : running.worker());
            return new Payload(runs.incrementAndGet(number) == 1 ? number : -number);
        }

        @Override
        public SharedFunction shared() {
            return (index, _) -> run((int) index);
        }

        @Override
        public boolean hasArguments() {
            return false;
        }

        @Override
        public @Nullable Object argument(int index) {
            return null;
        }

        @Override
        public @Nullable Object input(int index) {
            return null;
        }

        /** For one thread at a time, and with nothing volatile: two at once would lose or double an input. */
        Iterator<Payload> inputs() {
            return new Iterator<>() {
                private int next;

                @Override
                public boolean hasNext() {
                    return next < size;
                }

                @Override
                public Payload next() {
                    return new Payload(next++);
                }
            };
        }
    }

    /** Starts nothing. */
    private enum Actors implements Backend {
        BACKEND;

        @Override
        public boolean sharesMemory() {
            return true;
        }

        @Override
        public boolean holdsInnerLimit() {
            return false;
        }

        @Override
        public int effectiveJobs(int jobs) {
            return jobs;
        }

        @Override
        public Execution start(Work work, CallSettings settings) {
            return () -> {};
        }
    }
}
