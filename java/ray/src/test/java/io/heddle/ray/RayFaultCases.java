package io.heddle.ray;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.Parallel;
import io.heddle.ParallelException;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.ray.api.Ray;
import io.ray.api.runtimecontext.ActorState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong on a cluster of two nodes: run by {@link RayClusterTest}. The last one kills a node. */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RayFaultCases {
    @TempDir
    private Path folder;

    /** Whatever went wrong: no actor lives or waits for a place, and no JVM of one is left. */
    @AfterEach
    void nothingIsLeft() {
        ray().close();
        await("the actors' end")
                .atMost(Duration.ofMinutes(1))
                .until(
                        () -> Ray.getRuntimeContext().getAllActorInfo(),
                        actors -> actors.stream().allMatch(actor -> actor.state == ActorState.DEAD));
        await("their processes' end")
                .atMost(Duration.ofMinutes(1))
                .until(() -> ProcessHandle.allProcesses()
                        .map(RayFaultCases::commandLine)
                        .noneMatch(command -> command.contains("-Dray.node-ip=") && !isNode(command)));
    }

    private static RayBackend ray() {
        return RayBackend.builder().cpusPerWorker(1).build();
    }

    private static RayBackend.Builder impatient() {
        return RayBackend.builder().startTimeout(Duration.ofSeconds(20));
    }

    @Test
    @Order(1)
    void aDeadActorsTaskFailsAndTellsWhy() {
        Parallel two = Parallel.builder().backend(ray()).jobs(2).build();
        assertThatThrownBy(() -> two.range(20, i -> {
                    if (i == 7) {
                        Runtime.getRuntime().halt(9);
                    }
                    return i;
                }))
                .isInstanceOf(ParallelException.class)
                .cause()
                .isInstanceOf(TerminatedWorkerException.class)
                .hasMessageContaining("Ray actor")
                .hasMessageContaining("it ran")
                .hasMessageContaining("Ray says: ");
        assertThat(two.range(3, i -> i)).containsExactly(0, 1, 2);
    }

    @Test
    @Order(2)
    void aDeadActorsTasksAreRunAgainWhereRetriesAreAllowed() {
        String mark = folder.resolve("died").toString();
        Parallel two = Parallel.builder().backend(ray()).jobs(2).retries(2).build();
        assertThat(two.range(50, i -> {
                    if (i == 13 && Path.of(mark).toFile().createNewFile()) {
                        Runtime.getRuntime().halt(9);
                    }
                    return i;
                }))
                .isEqualTo(IntStream.range(0, 50).boxed().toList());
        assertThat(Files.exists(Path.of(mark))).isTrue();
    }

    @Test
    @Order(3)
    void moreThanAnyNodeHasIsAClearErrorInTime() {
        try (RayBackend backend = impatient().cpusPerWorker(64).build()) {
            BrokenPoolException failure = broken(backend);
            assertThat(failure)
                    .hasMessageContaining("64 CPUs")
                    .hasMessageContaining("127.0.0.1 with 4 CPUs")
                    .hasMessageContaining("PT20S");
        }
    }

    @Test
    @Order(4)
    void aFullClusterIsAClearErrorInTime() {
        try (RayBackend holder = RayBackend.builder()
                        .cpusPerWorker(4)
                        .idleLimit(Duration.ofMinutes(5))
                        .build();
                RayBackend late = impatient().cpusPerWorker(3).build()) {
            Parallel both = Parallel.builder().backend(holder).jobs(2).build();
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> new TreeSet<>(both.range(40, i -> {
                                        RayWorkerCases.pause(50);
                                        return ProcessHandle.current().pid();
                                    }))
                                    .size()
                            == 2);
            assertThat(broken(late))
                    .hasMessageContaining("3 CPUs")
                    .hasMessageContaining("taken by others")
                    .hasMessageContaining("PT20S");
        }
    }

    @Test
    @Order(5)
    void aNodeWithoutJdk25IsAClearError() {
        Path old = Path.of("/usr/lib/jvm/java-17-openjdk-amd64");
        assumeTrue(Files.isDirectory(old), old + " is not there: no older JDK to try");
        try (RayBackend backend =
                impatient().cpusPerWorker(1).javaHome(old.toString()).build()) {
            assertThat(broken(backend)).hasMessageContaining("JDK 25").hasMessageContaining("javaHome");
        }
    }

    @Test
    @Order(6)
    void aNodeWithoutThatJdkIsAClearError() {
        try (RayBackend backend =
                impatient().cpusPerWorker(1).environment("PATH", "/nonexistent").build()) {
            assertThat(broken(backend))
                    .hasMessageContaining("Ray actor")
                    .hasMessageContaining("java")
                    .hasMessageContaining("PATH");
        }
    }

    @Test
    @Order(7)
    void anotherClusterInTheSameProcessIsRefused() {
        ray().effectiveJobs(1);
        assertThatThrownBy(() ->
                        RayBackend.builder().address("127.0.0.1:9999").build().effectiveJobs(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("127.0.0.1:6379")
                .hasMessageContaining("one in a process");
    }

    @Test
    @Order(8)
    void aTaskOverItsTimeIsEndedAndTheOthersLiveOn() {
        Parallel two = Parallel.builder()
                .backend(ray())
                .jobs(2)
                .timeLimit(Duration.ofSeconds(3))
                .build();
        assertThatThrownBy(() -> two.range(4, i -> {
                    if (i == 2) {
                        while (true) {
                            Thread.onSpinWait();
                        }
                    }
                    return i;
                }))
                .isInstanceOf(ParallelException.class)
                .hasRootCauseInstanceOf(TimeoutException.class);
        assertThat(two.range(3, i -> i)).containsExactly(0, 1, 2);
    }

    @Test
    @Order(100)
    void aKilledNodesTasksAreRunAgainElsewhere() throws Exception {
        String began = folder.resolve("began").toString();
        Parallel all = Parallel.builder().backend(ray()).retries(3).build();
        Thread killer = Thread.ofPlatform().start(() -> {
            await().atMost(Duration.ofMinutes(2)).until(() -> Files.exists(Path.of(began)));
            killNode("127.0.0.2");
        });
        assertThat(all.range(200, i -> {
                    if ("127.0.0.2".equals(System.getProperty("ray.node-ip"))) {
                        var _ = Path.of(began).toFile().createNewFile();
                    }
                    RayWorkerCases.pause(100);
                    return i;
                }))
                .isEqualTo(IntStream.range(0, 200).boxed().toList());
        killer.join();
        await().atMost(Duration.ofMinutes(2)).until(() -> all.effectiveJobs() == 4);
        assertThat(all.range(20, i -> System.getProperty("ray.node-ip"))).containsOnly("127.0.0.1");
    }

    private static BrokenPoolException broken(RayBackend backend) {
        ParallelException failure = catchThrowableOfType(
                ParallelException.class,
                () -> Parallel.builder().backend(backend).jobs(1).build().range(1, i -> i));
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof BrokenPoolException broken) {
                return broken;
            }
        }
        throw new AssertionError("no BrokenPoolException", failure);
    }

    /** As if its machine had gone: the node's processes end at once. */
    static void killNode(String address) {
        List<ProcessHandle> killed = ProcessHandle.allProcesses()
                .filter(process -> isOf(address, commandLine(process)))
                .toList();
        assertThat(killed).isNotEmpty();
        killed.forEach(ProcessHandle::destroyForcibly);
    }

    private static boolean isOf(String address, String command) {
        return isNode(command)
                ? command.contains("--node_ip_address=" + address + " ")
                : command.contains("-Dray.node-ip=" + address + " ");
    }

    /** Its command line has those of its workers. */
    private static boolean isNode(String command) {
        return command.contains("raylet/raylet");
    }

    /** Longer ones than ProcessHandle tells. */
    static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
                            .replace('\0', ' ')
                    + " ";
        } catch (IOException e) { // it has ended
            return "";
        }
    }
}
