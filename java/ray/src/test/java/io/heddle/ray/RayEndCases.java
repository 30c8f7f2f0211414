package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.ParallelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One side of a session ends in mid-call, and leaves nothing: run by {@link RayClusterTest}. The last one kills the cluster's head. */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RayEndCases {
    private static final Duration HANG = Duration.ofMinutes(2);
    private static final Duration MOST = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    /** Ray ends a process with status 1 that calls it once its exit has begun; what is sent a little after a call could be such a call. */
    @Test
    @Order(0)
    void aProgramThatEndsRightAfterItsCallEndsWell() throws Exception {
        for (int run = 0; run < 3; run++) {
            Process program = start(ShortProgram.class);
            assertThat(program.waitFor()).as(Files.readString(said())).isZero();
        }
    }

    @Test
    @Order(1)
    void nothingIsLeftOfAProgramThatIsKilled() throws Exception {
        Set<Path> shared = sharedMemory();
        Process program = start(Program.class);
        Set<ProcessHandle> actors = awaitActors();
        program.destroyForcibly().waitFor();
        awaitNothing(actors, shared);
    }

    @Test
    @Order(2)
    void nothingIsLeftWhereTheClustersHeadIsKilled() throws Exception {
        Set<Path> shared = sharedMemory();
        Process program = start(Program.class);
        Set<ProcessHandle> actors = awaitActors();
        List<ProcessHandle> heads = ProcessHandle.allProcesses()
                .filter(process -> RayFaultCases.commandLine(process).contains("gcs_server"))
                .toList();
        assertThat(heads).isNotEmpty();
        heads.forEach(ProcessHandle::destroyForcibly);
        await("what its calls throw")
                .atMost(HANG)
                .until(() -> Files.readString(said()).contains(Program.NEXT));
        assertThat(Files.readString(said()))
                .contains("Ray actor ", " was given up while it ran task ")
                .contains("The head of the Ray cluster at 127.0.0.1:6379 has not answered for PT10S")
                .contains("headTimeout", "ray status --address 127.0.0.1:6379")
                .contains(Program.NEXT + "The head of the Ray cluster at 127.0.0.1:6379")
                .doesNotContain("The program will terminate"); // Ray's own words, after a minute
        RayFaultCases.killNode("127.0.0.1");
        awaitNothing(actors, shared);
        await("the program's end").atMost(HANG).until(() -> !program.isAlive());
    }

    private Process start(Class<?> program) throws IOException {
        Files.createDirectories(temporary());
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Djava.io.tmpdir=" + temporary(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        program.getName(),
                        folder.toString(),
                        temporary().toString())
                .redirectErrorStream(true)
                .redirectOutput(said().toFile())
                .start();
    }

    private Path said() {
        return folder.resolve("said");
    }

    private Path temporary() {
        return folder.resolve("temporary");
    }

    private Set<ProcessHandle> awaitActors() throws IOException {
        await().atMost(HANG).until(() -> pids().size() == 2);
        Set<ProcessHandle> actors =
                pids().stream().flatMap(pid -> ProcessHandle.of(pid).stream()).collect(Collectors.toSet());
        assertThat(actors).hasSize(2).allMatch(ProcessHandle::isAlive);
        return actors;
    }

    private Set<Long> pids() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("running-"))
                    .map(name -> Long.valueOf(name.substring("running-".length())))
                    .collect(Collectors.toSet());
        }
    }

    private void awaitNothing(Set<ProcessHandle> actors, Set<Path> shared) throws IOException {
        await("the end of the actors' processes")
                .atMost(MOST)
                .until(() -> actors.stream().noneMatch(ProcessHandle::isAlive));
        await("their shared memory").atMost(MOST).until(() -> shared.containsAll(sharedMemory()));
        try (Stream<Path> left = Files.list(temporary())) {
            assertThat(left).isEmpty();
        }
    }

    /** What could be of an actor or its caller; other programs of this machine have files there, too. */
    private static Set<Path> sharedMemory() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
            return files.filter(file -> file.getFileName().toString().contains("heddle"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** Some tasks, and nothing after them. */
    static final class ShortProgram {
        private ShortProgram() {}

        public static void main(String[] arguments) {
            try (var _ = ParallelConfig.backend("ray").jobs(2).open()) {
                Parallel.create().range(5, index -> index);
            }
        }
    }

    /** Two tasks that end with it, and a scattered array. */
    static final class Program {
        static final String NEXT = "The next call throws: ";

        private Program() {}

        public static void main(String[] arguments) {
            RayBackend backend = RayBackend.builder()
                    .cpusPerWorker(1)
                    .jvmOptions("-Djava.io.tmpdir=" + arguments[1])
                    .headTimeout(Duration.ofSeconds(10))
                    .build();
            String here = arguments[0];
            double[] array = new double[1_000_000];
            Arrays.fill(array, 1);
            try (var _ = ParallelConfig.backend(backend).jobs(2).scatter(array).open()) {
                Parallel.builder().batchSize(1).build().range(2, index -> {
                    var _ = Path.of(here, "running-" + ProcessHandle.current().pid())
                            .toFile()
                            .createNewFile();
                    new CountDownLatch(1).await();
                    return array[index];
                });
            } catch (ParallelException e) {
                e.printStackTrace();
                try {
                    Parallel.builder().backend(backend).jobs(2).build().range(2, index -> index);
                } catch (IllegalStateException again) {
                    System.err.println(NEXT + again.getMessage());
                }
            }
        }
    }
}
