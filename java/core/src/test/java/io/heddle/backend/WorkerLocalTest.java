package io.heddle.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.TaskFailedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkerLocalTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ThreadsBackend backend = new ThreadsBackend();
    private final List<String> events = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        backend.close();
    }

    private final class Value implements AutoCloseable {
        private final String name;
        private final Thread maker = Thread.currentThread();

        Value(String name) {
            this.name = name;
        }

        @Override
        public void close() throws IOException {
            events.add("close " + name + (Thread.currentThread().equals(maker) ? "" : " on a foreign thread"));
            if (name.startsWith("failing")) {
                throw new IOException(name + " does not want to");
            }
        }
    }

    /** Runs the task on two workers at once. */
    private <R> List<R> onTwoWorkers(Callable<R> task) {
        CountDownLatch bothThere = new CountDownLatch(2);
        return Parallel.builder().backend(backend).jobs(2).build().range(2, _ -> {
            bothThere.countDown();
            bothThere.await();
            return task.call();
        });
    }

    @Test
    void eachWorkerKeepsOneValueAcrossCallsAndClosesItWhenItEnds() {
        AtomicInteger made = new AtomicInteger();
        WorkerLocal<Value> local = WorkerLocal.withInitial(() -> new Value("value " + made.incrementAndGet()));
        Set<Value> seen = ConcurrentHashMap.newKeySet();
        for (int call = 0; call < 10; call++) {
            onTwoWorkers(() -> seen.add(local.get().orElseThrow()));
            awaitIdle();
        }
        assertThat(seen).hasSize(2);
        assertThat(events).isEmpty();

        backend.close();

        await().atMost(PATIENCE).until(() -> events.size() == 2);
        assertThat(events).containsExactlyInAnyOrder("close value 1", "close value 2");
    }

    private void awaitIdle() {
        await().pollInterval(Duration.ofMillis(1))
                .atMost(PATIENCE)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith(backend.threadNamePrefix()))
                        .allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING));
    }

    @Test
    void isEmptyOnEveryThreadThatIsNoWorker() throws InterruptedException {
        WorkerLocal<Value> local = WorkerLocal.withInitial(() -> new Value("unwanted"));
        assertThat(local.get()).isEmpty();
        assertThat(Parallel.builder()
                        .backend("sequential")
                        .build()
                        .range(1, _ -> local.get())
                        .getFirst())
                .isEmpty();
        List<Boolean> onATasksThread = onTwoWorkers(() -> {
            boolean[] present = {true};
            Thread.ofPlatform()
                    .start(() -> present[0] = local.get().isPresent())
                    .join();
            return present[0];
        });
        assertThat(onATasksThread).containsOnly(false);
        boolean[] present = {true};
        Thread.startVirtualThread(() -> present[0] = local.get().isPresent()).join();
        assertThat(present[0]).isFalse();
    }

    @Test
    void closesInReverseOrderAndNothingIsMadeMeanwhile() {
        WorkerLocal<Value> first = WorkerLocal.withInitial(() -> new Value("first"));
        WorkerLocal<AutoCloseable> second = WorkerLocal.withInitial(
                () -> () -> events.add("first is present: " + first.get().isPresent()));
        WorkerLocal<Value> third = WorkerLocal.withInitial(() -> new Value("third"));

        onTwoWorkers(() -> List.of(first.get(), second.get(), third.get()));
        events.clear();
        backend.close();

        await().atMost(PATIENCE).until(() -> events.size() == 6);
        assertThat(events.stream().distinct()).containsExactly("close third", "first is present: false", "close first");
    }

    @Test
    void aCloseThatFailsIsLoggedAndKeepsNothingElseOpen() {
        List<LogRecord> warnings = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger("io.heddle");
        Handler handler = new Collector(warnings);
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            WorkerLocal<Value> first = WorkerLocal.withInitial(() -> new Value("first"));
            WorkerLocal<Value> failing = WorkerLocal.withInitial(() -> new Value("failing"));
            onTwoWorkers(() -> List.of(first.get(), failing.get()));
            backend.close();

            await().atMost(PATIENCE).until(() -> events.size() == 4);
            assertThat(events).filteredOn("close first"::equals).hasSize(2);
            assertThat(warnings)
                    .hasSize(2)
                    .allSatisfy(warning -> assertThat(warning.getMessage())
                            .contains(backend.threadNamePrefix(), Value.class.getName(), "WorkerLocal"))
                    .allSatisfy(warning -> assertThat(warning.getThrown()).hasMessage("failing does not want to"));
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
    }

    private static final class Collector extends Handler {
        private final List<LogRecord> records;

        Collector(List<LogRecord> records) {
            this.records = records;
        }

        @Override
        public void publish(LogRecord entry) {
            records.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void aValueThatCouldNotBeMadeIsTriedAnew() {
        AtomicInteger tries = new AtomicInteger();
        WorkerLocal<Value> local = WorkerLocal.withInitial(() -> {
            if (tries.incrementAndGet() == 1) {
                throw new IllegalStateException("not yet");
            }
            return new Value("second try");
        });
        assertThatThrownBy(() -> onTwoWorkers(local::get))
                .isInstanceOf(TaskFailedException.class)
                .hasRootCauseMessage("not yet");
        assertThat(onTwoWorkers(() -> local.get().orElseThrow().name)).containsOnly("second try");
    }
}
