package io.heddle.backend;

import io.heddle.WorkerScope;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A backend of the kind that sends its tasks away: it takes batches, and tasks, results and failures cross as bytes. It shows that the SPI
 * carries such backends, and that one from outside core is found by its name.
 */
public final class SerializingBackend implements Backend {
    private static final int BATCH = 3;

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
                            serve(work, scope);
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

    private static void serve(Work work, WorkerScope scope) {
        for (Optional<TaskRange> range = work.take(BATCH); range.isPresent(); range = work.take(BATCH)) {
            scope.refresh();
            for (long index = range.get().from(); index < range.get().to() && !work.isStopped(); index++) {
                try {
                    Callable<?> task = (Callable<?>) copy(work.task(index));
                    work.succeed(index, copy(task.call()));
                } catch (Exception | Error e) {
                    work.fail(index, e);
                }
                Thread.interrupted(); // a task's own interrupt is not for the next task
            }
        }
    }

    private static @Nullable Object copy(@Nullable Object value) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return in.readObject();
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
