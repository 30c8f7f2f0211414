package io.heddle;

import io.heddle.dispatch.LazyTasks;
import io.heddle.dispatch.Tasks;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
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
                inputs, size, input -> function.apply((T) input), input -> new MapTask<>(function, (T) input), null);
    }

    static Tasks range(int size, IndexFunction<?> function) {
        return new RangeTasks(size, function);
    }

    static Tasks callables(List<? extends Callable<?>> callables) {
        return new CallableTasks(callables.toArray(new Callable<?>[0]));
    }

    private record MapTask<T>(TaskFunction<? super T, ?> function, T input)
            implements Callable<@Nullable Object>, Serializable {
        @Override
        public @Nullable Object call() throws Exception {
            return function.apply(input);
        }
    }

    private record RangeTask(IndexFunction<?> function, int index) implements Callable<@Nullable Object>, Serializable {
        @Override
        public @Nullable Object call() throws Exception {
            return function.apply(index);
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
        public Callable<?> task(int index) {
            return new MapTask<>(function, typed(index));
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
        public Callable<?> task(int index) {
            return new RangeTask(function, index);
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
        public Callable<?> task(int index) {
            return callables[index];
        }

        @Override
        public @Nullable Object input(int index) {
            return null;
        }
    }
}
