package io.heddle;

import io.heddle.backend.SharedFunction;
import io.heddle.dispatch.LazyTasks;
import io.heddle.dispatch.Tasks;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** The forms in which a user gives the tasks of a call. */
final class CallTasks {
    private CallTasks() {}

    static <T> Tasks map(@Nullable Object[] inputs, TaskFunction<? super T, ?> function) {
        return new MapTasks<>(inputs, function);
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // only what the iterator of T gives, nulls included
    static <T> LazyTasks lazy(Iterator<? extends T> inputs, OptionalLong size, TaskFunction<? super T, ?> function) {
        return new LazyTasks(
                inputs, size, input -> function.apply((T) input), new MapFunction<>(function), input -> input, null);
    }

    static Tasks range(int size, IndexFunction<?> function) {
        return new RangeTasks(size, function);
    }

    static Tasks callables(List<? extends Callable<?>> callables) {
        return new CallableTasks(callables.toArray(new Callable<?>[0]));
    }

    /** Runs what {@code ExecutorService} was given. */
    static SharedFunction calling() {
        return new CallFunction();
    }

    static <T extends @Nullable Object> TaskFunction<T, @Nullable Void> withoutResult(TaskConsumer<? super T> task) {
        return input -> {
            task.accept(input);
            return null;
        };
    }

    /*
     * What a worker reads first. No records: to read its first one costs a new JVM 20 ms. Each says its version, which is else computed from a
     * digest of the class. The training session of heddle-processes makes them by their names.
     */

    private static final class MapFunction<T> implements SharedFunction {
        private static final long serialVersionUID = 1L;

        private final TaskFunction<? super T, ?> function;

        MapFunction(TaskFunction<? super T, ?> function) {
            this.function = function;
        }

        @Override
        @SuppressWarnings({"unchecked", "NullAway"}) // only what the user gave as inputs of T, nulls included
        public @Nullable Object apply(long index, @Nullable Object argument) throws Exception {
            return function.apply((T) argument);
        }

        @Override
        public ClassLoader classLoader() {
            return SharedFunction.loader(function.getClass());
        }
    }

    private static final class RangeFunction implements SharedFunction {
        private static final long serialVersionUID = 1L;

        private final IndexFunction<?> function;

        RangeFunction(IndexFunction<?> function) {
            this.function = function;
        }

        @Override
        public @Nullable Object apply(long index, @Nullable Object argument) throws Exception {
            return function.apply((int) index);
        }

        @Override
        public ClassLoader classLoader() {
            return SharedFunction.loader(function.getClass());
        }
    }

    private static final class CallFunction implements SharedFunction {
        private static final long serialVersionUID = 1L;

        @Override
        public @Nullable Object apply(long index, @Nullable Object argument) throws Exception {
            return ((Callable<?>) Objects.requireNonNull(argument)).call();
        }

        @Override
        public ClassLoader classLoader() {
            ClassLoader loader = Thread.currentThread().getContextClassLoader();
            return loader == null ? ClassLoader.getSystemClassLoader() : loader;
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record MapTasks<T>(@Nullable Object[] inputs, TaskFunction<? super T, ?> function) implements Tasks {
        @Override
        public int size() {
            return inputs.length;
        }

        @Override
        public @Nullable Object run(int index) throws Exception {
            return function.apply(typed(index));
        }

        @Override
        public SharedFunction shared() {
            return new MapFunction<>(function);
        }

        @Override
        public boolean hasArguments() {
            return true;
        }

        @Override
        public @Nullable Object argument(int index) {
            return inputs[index];
        }

        @Override
        public @Nullable Object input(int index) {
            return inputs[index];
        }

        @SuppressWarnings({"unchecked", "NullAway"
        }) // the array is a copy of the user's collection of T, nulls included
        private T typed(int index) {
            return (T) inputs[index];
        }
    }

    private record RangeTasks(int size, IndexFunction<?> function) implements Tasks {
        @Override
        public @Nullable Object run(int index) throws Exception {
            return function.apply(index);
        }

        @Override
        public SharedFunction shared() {
            return new RangeFunction(function);
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
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record CallableTasks(Callable<?>[] callables) implements Tasks {
        @Override
        public int size() {
            return callables.length;
        }

        @Override
        public @Nullable Object run(int index) throws Exception {
            return callables[index].call();
        }

        @Override
        public SharedFunction shared() {
            return new CallFunction();
        }

        @Override
        public boolean hasArguments() {
            return true;
        }

        @Override
        public @Nullable Object argument(int index) {
            return callables[index];
        }

        @Override
        public @Nullable Object input(int index) {
            return null;
        }
    }
}
