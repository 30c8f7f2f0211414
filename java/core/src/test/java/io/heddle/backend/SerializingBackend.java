package io.heddle.backend;

import io.heddle.WorkerScope;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A backend of the kind that sends its tasks away: it takes batches, and tasks, results and failures cross as bytes. It shows that the SPI
 * carries such backends, and that one from outside core is found by its name.
 */
public final class SerializingBackend implements Backend {
    private static final int BATCH = 3;
    private static final Map<Long, Object> COPIES = new ConcurrentHashMap<>();

    @Override
    public String name() {
        return "serializing";
    }

    @Override
    public boolean sharesMemory() {
        return false;
    }

    @Override
    public boolean holdsInnerLimit() {
        return true;
    }

    @Override
    public int effectiveJobs(int jobs) {
        return jobs;
    }

    @Override
    public Execution start(Work work, CallSettings settings) {
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        AtomicInteger left = new AtomicInteger(settings.jobs());
        for (int i = 0; i < settings.jobs(); i++) {
            int worker = i;
            workers.add(Thread.ofPlatform()
                    .stackSize(ThreadsBackend.MIN_STACK_BYTES)
                    .unstarted(() -> {
                        try (WorkerScope scope = WorkerScope.open(settings, worker)) {
                            serve(work, settings, scope);
                        } finally {
                            if (left.decrementAndGet() == 0) {
                                work.end();
                            }
                        }
                    }));
        }
        workers.forEach(Thread::start);
        return () -> workers.forEach(Thread::interrupt);
    }

    private static void serve(Work work, CallSettings settings, WorkerScope scope) {
        for (Optional<TaskRange> range = work.take(BATCH); range.isPresent(); range = work.take(BATCH)) {
            scope.refresh();
            for (long index = range.get().from(); index < range.get().to() && !work.isStopped(); index++) {
                try {
                    Callable<?> task = (Callable<?>) sent(work.task(index), settings.scattered());
                    work.succeed(index, sentBack(task.call(), settings.scattered()));
                } catch (Exception | Error e) {
                    work.fail(index, e);
                }
                Thread.interrupted(); // a task's own interrupt is not for the next task
            }
        }
    }

    private static @Nullable Object sent(@Nullable Object value, List<Scattered> scattered)
            throws IOException, ClassNotFoundException {
        return copy(value, scattered, Scattered::value, SerializingBackend::copyOf);
    }

    private static @Nullable Object sentBack(@Nullable Object value, List<Scattered> scattered)
            throws IOException, ClassNotFoundException {
        return copy(value, scattered, each -> COPIES.get(each.number()), Scattered::value);
    }

    /** The one copy that the workers have. */
    private static Object copyOf(Scattered value) {
        return COPIES.computeIfAbsent(value.number(), number -> {
            value.onFree(() -> COPIES.remove(number));
            try {
                return Objects.requireNonNull(copy(value.value(), List.of(), each -> each, each -> each));
            } catch (IOException | ClassNotFoundException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** A copy that refers to scattered values as they are called there, in place of what they are called here. */
    private static @Nullable Object copy(
            @Nullable Object value,
            List<Scattered> scattered,
            Function<Scattered, @Nullable Object> here,
            Function<Scattered, Object> there)
            throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new Referring(bytes, scattered, here)) {
            out.writeObject(value);
        }
        try (ObjectInputStream in = new Resolving(bytes.toByteArray(), scattered, there)) {
            return in.readObject();
        }
    }

    private record Reference(int index) implements Serializable {}

    private static final class Referring extends ObjectOutputStream {
        private final List<Scattered> scattered;
        private final Function<Scattered, @Nullable Object> here;

        Referring(OutputStream to, List<Scattered> scattered, Function<Scattered, @Nullable Object> here)
                throws IOException {
            super(to);
            this.scattered = scattered;
            this.here = here;
            enableReplaceObject(true);
        }

        @Override
        protected @Nullable Object replaceObject(@Nullable Object object) {
            if (object != null && object.getClass() == Object[].class) { // before the writeReplace of its elements
                return Arrays.stream((Object[]) object).map(this::replaced).toArray();
            }
            return replaced(object);
        }

        @SuppressWarnings("ReferenceEquality") // a scattered value is that object
        private @Nullable Object replaced(@Nullable Object object) {
            for (int i = 0; i < scattered.size(); i++) {
                if (object != null && here.apply(scattered.get(i)) == object) {
                    return new Reference(i);
                }
            }
            return object;
        }
    }

    private static final class Resolving extends ObjectInputStream {
        private final List<Scattered> scattered;
        private final Function<Scattered, Object> there;

        Resolving(byte[] bytes, List<Scattered> scattered, Function<Scattered, Object> there) throws IOException {
            super(new ByteArrayInputStream(bytes));
            this.scattered = scattered;
            this.there = there;
            enableResolveObject(true);
        }

        @Override
        protected Object resolveObject(Object object) {
            return object instanceof Reference reference ? there.apply(scattered.get(reference.index())) : object;
        }
    }

    /** Provides {@code serializing}. */
    public static final class Provider implements BackendProvider {
        @Override
        public String name() {
            return "serializing";
        }

        @Override
        public Set<String> options() {
            return Set.of("flavour");
        }

        @Override
        public Backend create(Map<String, Object> options) {
            return new SerializingBackend();
        }
    }
}
