package io.heddle.backend;

import static io.heddle.fixture.Elsewhere.awaitUninterruptibly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.ParallelException;
import io.heddle.TaskFailedException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ThreadsBackendTest extends InnerLimitContract {
    private static final ThreadsBackend BACKEND = new ThreadsBackend();

    @Override
    protected Backend backend() {
        return BACKEND;
    }

    @AfterAll
    static void leavesNoThread() {
        BACKEND.close();
        await().atMost(Duration.ofSeconds(20)).until(() -> workers(BACKEND).isEmpty());
    }

    private static Set<Thread> workers(ThreadsBackend backend) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(backend.threadNamePrefix()))
                .collect(Collectors.toSet());
    }

    @Test
    void runsTasksAtTheSameTime() {
        CountDownLatch bothThere = new CountDownLatch(2);
        assertThat(Parallel.builder().backend(BACKEND).jobs(2).build().range(2, index -> {
                    bothThere.countDown();
                    bothThere.await(); // ends only if the other task runs too
                    return index;
                }))
                .containsExactly(0, 1);
    }

    @Test
    void givesWorkersAStackForDeepNativeCalls() {
        // The default stack of 1 MB ends after some 10 to 20 thousand of these frames.
        assertThat(Parallel.builder().backend(BACKEND).jobs(2).build().range(2, index -> recurse(60_000)))
                .containsExactly(60_000, 60_000);
    }

    private static int recurse(int depth) {
        return depth == 0 ? 0 : 1 + recurse(depth - 1);
    }

    @Test
    void startsNoFurtherTaskAfterAFailure() {
        AtomicInteger started = new AtomicInteger();
        assertThatThrownBy(() -> Parallel.builder()
                        .backend(BACKEND)
                        .jobs(2)
                        .build()
                        .range(1_000_000, index -> {
                            started.incrementAndGet();
                            throw new IllegalStateException("first");
                        }))
                .isInstanceOf(TaskFailedException.class);
        assertThat(started.get()).isLessThanOrEqualTo(4);
    }

    @Test
    void namesATaskThatHeedsNoInterruptAndLeavesItsThreadToIt() {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch stubbornRuns = new CountDownLatch(1);
        try {
            assertThatThrownBy(() -> Parallel.builder()
                            .backend(BACKEND)
                            .jobs(2)
                            .build()
                            .range(2, index -> {
                                if (index == 0) {
                                    stubbornRuns.await();
                                    throw new IllegalStateException("first");
                                }
                                stubbornRuns.countDown();
                                awaitUninterruptibly(release);
                                return index;
                            }))
                    .isInstanceOf(TaskFailedException.class)
                    .hasMessageContaining("still running")
                    .hasMessageContaining("task 1");
            assertThat(Parallel.builder().backend(BACKEND).jobs(2).build().range(2, index -> index))
                    .containsExactly(0, 1);
        } finally {
            release.countDown();
        }
    }

    @Test
    void keepsItsThreadsForTheNextCall() {
        ThreadsBackend backend = new ThreadsBackend();
        Set<String> names = ConcurrentHashMap.newKeySet();
        for (int call = 0; call < 50; call++) {
            CountDownLatch bothThere = new CountDownLatch(2);
            Parallel.builder().backend(backend).jobs(2).build().range(2, index -> {
                names.add(Thread.currentThread().getName());
                bothThere.countDown();
                bothThere.await();
                return index;
            });
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> workers(backend).stream()
                            .allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING)); // idle
        }
        assertThat(names).hasSize(2);
        backend.close();
        await().atMost(Duration.ofSeconds(20)).until(() -> workers(backend).isEmpty());
    }

    @Test
    void refusesAStackTooSmallForLinearAlgebra() {
        assertThatThrownBy(() -> new ThreadsBackend(1 << 20))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("stackBytes = 1048576")
                .hasMessageContaining("16777216");
    }

    @Test
    void saysThatItIsClosed() {
        ThreadsBackend backend = new ThreadsBackend();
        backend.close();
        assertThatThrownBy(() ->
                        Parallel.builder().backend(backend).jobs(2).build().range(2, index -> index))
                .isInstanceOf(ParallelException.class)
                .cause()
                .hasMessageContaining("it was closed");
    }

    @Test
    void takesTheOneTaskOfAVirtualThreadToAWorker() throws Exception {
        Thread[] ranOn = new Thread[1];
        Thread.startVirtualThread(() -> Parallel.jobs(1).range(1, index -> {
                    ranOn[0] = Thread.currentThread();
                    return index;
                }))
                .join();
        assertThat(ranOn[0].isVirtual()).isFalse();
    }
}
