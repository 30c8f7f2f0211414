package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.NativeFiles;
import io.heddle.fixture.NativeWork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** Workers on a cluster of two nodes with 4 CPUs each: run by {@link RayClusterTest}. */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RayWorkerCases {
    private static final int ORDER = 600;

    @AfterEach
    void endWorkers() {
        RayBackend.create().close();
    }

    private static String node() {
        return System.getProperty("ray.node-ip");
    }

    @Test
    void runsTheSeedsExampleByNameAlone() {
        try (var _ = ParallelConfig.backend("ray").open()) {
            assertThat(Parallel.create().range(5, i -> -(i + 1))).containsExactly(-1, -2, -3, -4, -5);
        }
    }

    /** Ray unpacks its native code there for each process. */
    @Test
    void leavesNothingInRaysTemporaryFolder() throws IOException {
        RayBackend.create().effectiveJobs(1);
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            assertThat(maps.filter(line -> line.contains("core_worker_library_java")))
                    .isNotEmpty()
                    .allMatch(line -> line.endsWith(".so (deleted)"));
        }
    }

    @Test
    void usesAllOfTheClusterWhereNoJobsAreSaid() {
        Parallel all = Parallel.builder().backend("ray").build();
        assertThat(all.effectiveJobs()).isEqualTo(8);
        Set<String> nodes = new TreeSet<>();
        await().atMost(Duration.ofMinutes(2)).until(() -> {
            nodes.addAll(all.range(64, i -> {
                pause(20);
                return node();
            }));
            return nodes.size() == 2;
        });
        assertThat(nodes).containsExactly("127.0.0.1", "127.0.0.2");
    }

    @Test
    void tellsNativeLibrariesTheirLimitBeforeTheyAreLoaded() {
        Parallel two =
                Parallel.builder().backend("ray").jobs(2).innerMaxNumThreads(3).build();
        assertThat(two.range(8, i -> System.getenv("OMP_NUM_THREADS") + System.getenv("OPENBLAS_NUM_THREADS")))
                .containsOnly("33");
    }

    /** A real OpenBLAS, whose limit is the whole process's, in an actor with two CPUs of its node. */
    @Test
    void keepsOpenBlasToTheInnerLimitByUse() {
        String[] files = Arrays.stream(NativeFiles.openBlas("libopenblas0-pthread"))
                .map(Path::toString)
                .toArray(String[]::new);
        try (RayBackend backend = RayBackend.builder().cpusPerWorker(2).build()) {
            assertThat(on(backend, 2).range(1, _ -> allowed(files))).containsExactly(2);
            // a busy machine may keep a thread from its share for a while
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> on(backend, 2).range(1, _ -> working(files)), List.of(2)::equals);
            assertThat(on(backend, 1).range(1, _ -> allowed(files))).containsExactly(1);
            assertThat(on(backend, 1).range(1, _ -> working(files))).containsExactly(1);
        }
    }

    private static Parallel on(RayBackend backend, int inner) {
        return Parallel.builder()
                .backend(backend)
                .jobs(1)
                .innerMaxNumThreads(inner)
                .build();
    }

    /** Loads the library, if it is the first, on a thread by whose name the library's own threads are known. */
    private static int allowed(String[] files) throws InterruptedException {
        return NativeWork.onThread("ray", () -> BlasCalls.open(files).getNumThreads());
    }

    private static int working(String[] files) throws InterruptedException {
        return NativeWork.onThread("ray", () -> {
            BlasCalls.Product product = BlasCalls.open(files).product(ORDER);
            return NativeWork.threadsThatWork(product::multiply);
        });
    }

    @Test
    void setsAsideWhatAWorkerMayUse() {
        Parallel explicit =
                Parallel.builder().backend("ray").jobs(-1).innerMaxNumThreads(4).build();
        Set<Long> pids = new TreeSet<>(explicit.range(64, i -> {
            pause(20);
            return ProcessHandle.current().pid();
        }));
        assertThat(pids).hasSizeBetween(1, 2); // two nodes with room for one each, though there are eight jobs
    }

    @Test
    void sendsVariablesAndOptions() {
        try (RayBackend backend = RayBackend.builder()
                .cpusPerWorker(1)
                .environment("HEDDLE_TEST", "a b")
                .jvmOptions("-Dheddle.test=c")
                .build()) {
            assertThat(Parallel.builder()
                            .backend(backend)
                            .jobs(1)
                            .build()
                            .range(1, i -> System.getenv("HEDDLE_TEST") + System.getProperty("heddle.test")))
                    .containsExactly("a bc");
        }
    }

    @Test
    void runsAnInitializerInEachWorker() {
        try (RayBackend backend = RayBackend.builder()
                .cpusPerWorker(1)
                .initializer(() -> System.setProperty("heddle.ready", "yes"))
                .build()) {
            assertThat(Parallel.builder()
                            .backend(backend)
                            .jobs(2)
                            .build()
                            .range(6, i -> System.getProperty("heddle.ready")))
                    .containsOnly("yes");
        }
    }

    @Test
    void carriesLargeValuesBothWays() {
        List<double[]> arrays = List.of(new double[3_000_000], new double[] {1});
        arrays.get(0)[2_999_999] = 7;
        List<double[]> back = Parallel.builder().backend("ray").jobs(2).build().map(arrays, array -> array);
        assertThat(back.get(0)[2_999_999]).isEqualTo(7);
        assertThat(back.get(0)).hasSize(3_000_000);
        assertThat(back.get(1)).containsExactly(1);
    }

    @Test
    void streamsResultsAsTheyCome() {
        Parallel two = Parallel.builder().backend("ray").jobs(2).build();
        try (var results = two.unordered(IntStream.range(0, 1000).boxed(), i -> i)) {
            assertThat(results.mapToInt(i -> i).sum()).isEqualTo(499_500);
        }
    }

    @Test
    void sendsLogRecordsHere() {
        Logger logger = Logger.getLogger("ray.records");
        Set<String> messages = new ConcurrentSkipListSet<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord each) {
                messages.add(each.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        try {
            Parallel.builder().backend("ray").jobs(1).build().range(1, i -> {
                Logger.getLogger("ray.records").warning("from afar");
                return i;
            });
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> messages.toString().contains("from afar"));
        } finally {
            logger.removeHandler(handler);
        }
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void followsTheClusterWhenANodeJoins() throws Exception {
        Parallel all = Parallel.builder().backend("ray").build();
        int before = all.effectiveJobs();
        Process join =
                new ProcessBuilder("./cluster", "--join", "3", "2").inheritIO().start();
        assertThat(join.waitFor()).isZero();
        await().atMost(Duration.ofMinutes(1)).until(() -> all.effectiveJobs() == before + 2);
        assertThat(all.range(20, i -> i)).hasSize(20);
        RayFaultCases.killNode("127.0.0.3");
        await().atMost(Duration.ofMinutes(2)).until(() -> all.effectiveJobs() == before);
    }

    static void pause(long millis) {
        long end = System.nanoTime() + millis * 1_000_000;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
