package io.heddle.openblas;

import static io.heddle.fixture.NativeWork.onThread;
import static io.heddle.fixture.NativeWork.threadsThatWork;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.NativeThreads;
import io.heddle.Parallel;
import io.heddle.backend.ThreadsBackend;
import io.heddle.fixture.ChildJvm;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OpenBlasInstancesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int ORDER = 400;

    /** By use. In a JVM of its own, as a library's threads have the name of the thread that opened it first. */
    @Test
    void eachComputesWithTheThreadsOfItsOwnLimit() throws Exception {
        ChildJvm.of(TwoLimits.class).succeeds();
    }

    static final class TwoLimits {
        public static void main(String[] args) throws Exception {
            onThread("limits", () -> {
                int shared = OpenBlas.shared().info().threads().orElseThrow();
                try (OpenBlas one = OpenBlas.newInstance();
                        OpenBlas two = OpenBlas.newInstance()) {
                    CheckedProduct ofOne = new CheckedProduct(one, ORDER);
                    CheckedProduct ofTwo = new CheckedProduct(two, ORDER);
                    try (ThreadLimit _ = one.limit(1);
                            ThreadLimit _ = two.limit(2)) {
                        assertThat(threadsThatWork(ofOne::multiply)).isEqualTo(1);
                        assertThat(threadsThatWork(ofTwo::multiply)).isEqualTo(2);
                        assertThat(one.info().threads()).hasValue(1);
                        assertThat(two.info().threads()).hasValue(2);
                        assertThat(OpenBlas.shared().info().threads()).hasValue(shared);
                    }
                    try (ThreadLimit _ = OpenBlas.shared().limit(1)) {
                        assertThat(OpenBlas.shared().info().threads()).hasValue(1);
                        assertThat(one.info().threads()).hasValue(shared);
                    }
                    assertThat(OpenBlas.shared().info().threads()).hasValue(shared);
                }
                return true;
            });
        }
    }

    @Test
    void limitsOfTheProcessHoldEveryInstance() {
        try (OpenBlas instance = OpenBlas.newInstance()) {
            int found = instance.info().threads().orElseThrow();
            try (ThreadLimit _ = NativeThreads.limit(1)) {
                assertThat(instance.info().threads()).hasValue(1);
                assertThat(NativeThreads.info())
                        .filteredOn(info -> info.path().equals(instance.path()))
                        .hasSize(1);
            }
            assertThat(instance.info().threads()).hasValue(found);
        }
    }

    @Test
    void anInstanceOpenedInsideALimitIsUnderIt() {
        try (ThreadLimit _ = NativeThreads.limit(1);
                OpenBlas instance = OpenBlas.newInstance()) {
            assertThat(instance.info().threads()).hasValue(1);
        }
    }

    @Test
    void computeAtTheSameTimeWithRightResults() throws Exception {
        try (OpenBlas one = OpenBlas.newInstance();
                OpenBlas two = OpenBlas.newInstance()) {
            List<OpenBlas> three = List.of(OpenBlas.shared(), one, two);
            CyclicBarrier start = new CyclicBarrier(three.size());
            List<Callable<Boolean>> tasks = new ArrayList<>();
            for (OpenBlas blas : three) {
                tasks.add(() -> {
                    CheckedProduct product = new CheckedProduct(blas, 150);
                    start.await();
                    return IntStream.range(0, 100).allMatch(_ -> product.multipliesRight());
                });
            }
            assertThat(Parallel.jobs(three.size()).call(tasks)).containsOnly(true);
        }
    }

    @Test
    void openAndCloseFromManyThreadsAtOnce() {
        assertThat(Parallel.jobs(4).range(24, _ -> {
                    try (OpenBlas instance = OpenBlas.newInstance()) {
                        return new CheckedProduct(instance, 100).multipliesRight();
                    }
                }))
                .hasSize(24)
                .containsOnly(true);
    }

    @Test
    void areUnloadedByCloseAndTheirFilesUsedAgain() throws Exception {
        Path path = onThread("unloaded", () -> {
            OpenBlas instance = OpenBlas.newInstance();
            new CheckedProduct(instance, ORDER).multiply();
            try (ThreadLimit _ = NativeThreads.limit(1)) {
                assertThat(isMapped(instance.path())).isTrue();
            }
            instance.close();
            instance.close();
            assertThat(isMapped(instance.path())).isFalse();
            return instance.path();
        });
        await().atMost(PATIENCE).until(() -> threadsNamed("native-unloaded") == 0);
        try (OpenBlas one = OpenBlas.newInstance();
                OpenBlas two = OpenBlas.newInstance()) {
            assertThat(List.of(one.path(), two.path())).contains(path).doesNotHaveDuplicates();
        }
    }

    @Test
    void refuseToBeUsedWhenClosed() throws Throwable {
        OpenBlas instance = OpenBlas.newInstance();
        MethodHandle threads = instance.downcall("openblas_get_num_threads", FunctionDescriptor.of(JAVA_INT));
        assertThat((int) threads.invokeExact()).isPositive();
        instance.close();

        assertThatThrownBy(() -> {
                    int _ = (int) threads.invokeExact();
                })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is closed");
        assertThatThrownBy(() -> instance.downcall("cblas_dgemm", FunctionDescriptor.ofVoid()))
                .hasMessageContaining("is closed");
        assertThatThrownBy(() -> instance.limit(1)).hasMessageContaining("is closed");
        assertThatThrownBy(instance::info).hasMessageContaining("is closed");
        assertThatThrownBy(instance::mappedBytes).hasMessageContaining("is closed");
        assertThat(instance.path().getFileName().toString()).startsWith("libopenblas-instance");
    }

    @Test
    void aLimitThatOutlivesItsInstanceDoesNoHarm() {
        OpenBlas instance = OpenBlas.newInstance();
        ThreadLimit ofInstance = instance.limit(1);
        ThreadLimit ofAll = NativeThreads.limit(2);
        instance.close();
        ofAll.close();
        ofInstance.close();
        try (OpenBlas next = OpenBlas.newInstance()) {
            assertThat(next.info().threads()).isEqualTo(OpenBlas.shared().info().threads());
        }
    }

    @Test
    void theSharedOneAndTheUsersOwnCannotBeClosed() {
        OpenBlas shared = OpenBlas.shared();
        shared.close();
        OpenBlas own = OpenBlas.open(shared.path());
        own.close();
        assertThat(new CheckedProduct(shared, 50).multipliesRight()).isTrue();
        assertThat(new CheckedProduct(own, 50).multipliesRight()).isTrue();
        assertThat(OpenBlas.shared()).isSameAs(shared);
    }

    @Test
    void tellTheirMemory() {
        try (OpenBlas instance = OpenBlas.newInstance()) {
            new CheckedProduct(instance, ORDER).multiply();
            assertThat(instance.mappedBytes()).isBetween(30L << 20, 60L << 20);
            assertThat(instance.residentBytes()).isBetween(1L << 20, instance.mappedBytes());
            assertThat(OpenBlas.shared().mappedBytes()).isEqualTo(instance.mappedBytes());
        }
    }

    @Test
    void areOpenedByAnInterruptedThreadThatStaysInterrupted() {
        Thread.currentThread().interrupt();
        try (OpenBlas instance = OpenBlas.newInstance()) {
            assertThat(instance.path()).exists();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void eachWorkerHasItsOwnUntilItEnds() throws Exception {
        ThreadsBackend backend = new ThreadsBackend();
        List<OpenBlas> first = onTwoWorkers(backend, _ -> OpenBlas.ofWorker());
        assertThat(first).doesNotHaveDuplicates().doesNotContain(OpenBlas.shared());
        assertThat(first).extracting(OpenBlas::path).doesNotHaveDuplicates();
        assertThat(onTwoWorkers(backend, _ -> {
                    OpenBlas.ofWorker().close(); // the worker's, not the task's
                    return new CheckedProduct(OpenBlas.ofWorker(), 100).multipliesRight();
                }))
                .containsOnly(true);
        assertThat(OpenBlas.ofWorker()).isSameAs(OpenBlas.shared());
        assertThat(Parallel.builder().backend("sequential").build().range(1, _ -> OpenBlas.ofWorker()))
                .containsExactly(OpenBlas.shared());

        assertThatThrownBy(() -> first.getFirst().limit(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("belongs to the worker")
                .hasMessageContaining("OpenBlas.ofWorker()");

        backend.close();
        await().atMost(PATIENCE).until(() -> first.stream().noneMatch(instance -> isMapped(instance.path())));
    }

    @Test
    void aWorkersLimitLeavesTheOthersAlone() throws Exception {
        ChildJvm.of(LimitsOfWorkers.class).succeeds();
    }

    static final class LimitsOfWorkers {
        public static void main(String[] args) throws Exception {
            CyclicBarrier together = new CyclicBarrier(2);
            List<Integer> working = onTwoWorkers(new ThreadsBackend(), worker -> {
                Thread.currentThread().setName("native-worker-" + worker); // for those that the library starts
                OpenBlas blas = OpenBlas.ofWorker();
                assertThat(blas.info().threads()).hasValue(2); // the call's inner limit
                CheckedProduct product = new CheckedProduct(blas, ORDER);
                int count = 0;
                try (ThreadLimit _ = blas.limit(worker + 1)) {
                    together.await();
                    assertThat(blas.info().threads()).hasValue(worker + 1);
                    for (int turn = 0; turn < 2; turn++) {
                        if (turn == worker) {
                            count = threadsThatWork(product::multiply);
                        }
                        together.await();
                    }
                }
                together.await();
                assertThat(blas.info().threads()).hasValue(2);
                return count;
            });
            assertThat(working).containsExactly(1, 2);
        }
    }

    private interface WorkersTask<R> {
        R run(int worker) throws Exception;
    }

    /** Two tasks on two workers at once, inner limit 2. */
    private static <R> List<R> onTwoWorkers(ThreadsBackend backend, WorkersTask<R> task) {
        CountDownLatch bothThere = new CountDownLatch(2);
        return Parallel.builder()
                .backend(backend)
                .jobs(2)
                .innerMaxNumThreads(2)
                .build()
                .range(2, index -> {
                    bothThere.countDown();
                    bothThere.await();
                    return task.run(index);
                });
    }

    private static boolean isMapped(Path library) {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return maps.anyMatch(line -> line.contains(library.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long threadsNamed(String name) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.filter(thread -> nameOf(thread).equals(name)).count();
        }
    }

    private static String nameOf(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (NoSuchFileException e) {
            return ""; // it has ended
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
