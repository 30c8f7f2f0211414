package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.ParallelException;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.failure.TerminatedWorkerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/*
 * Half of the kills are of workers, half of parents. -Dheddle.kills=200 for all that the requirement names; -Dheddle.seed for another run of
 * the dice.
 */
/** kill -9 at any time leaves no process, no file, no socket and no call that waits for ever. */
final class ProcessKillSoakTest {
    private static final int KILLS = Integer.getInteger("heddle.kills", 12);
    private static final long SEED = Long.getLong("heddle.seed", 6);
    private static final String DEATH = "a worker died before its parent";
    private static final Duration HUNG = Duration.ofSeconds(60);
    /** The requirement's 2 s for the long run; a build machine that does much else is not held to them. */
    private static final Duration ORPHANS_END = Duration.ofSeconds(KILLS >= 100 ? 2 : 10);

    private final Random dice = new Random(SEED);

    @TempDir
    private Path temporary;

    private Traces traces;

    @BeforeEach
    void watch() throws IOException {
        traces = Traces.watch(temporary);
    }

    @Test
    void callsWhoseWorkersAreKilledGiveAllResultsOrThrow() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        ProcessesBackend backend = ProcessesBackend.create();
        Thread killer = new Thread(() -> killWorkers(over), "killer");
        killer.start();
        int complete = 0;
        int failed = 0;
        while (!over.get() || complete == 0) {
            CompletableFuture<Boolean> call = CompletableFuture.supplyAsync(() -> call(backend, dice.nextInt(3)));
            try {
                if (call.get(HUNG.toSeconds(), TimeUnit.SECONDS)) {
                    complete++;
                } else {
                    failed++;
                }
            } catch (TimeoutException e) {
                throw new AssertionError("a call hangs; the dice had the seed " + SEED, e);
            }
        }
        killer.join();
        System.out.println(
                KILLS / 2 + " workers killed: " + complete + " calls complete, " + failed + " told of the death");
        backend.close();
        traces.close();
    }

    private void killWorkers(AtomicBoolean over) {
        Random own = new Random(SEED + 1);
        try {
            for (int kills = 0; kills < KILLS / 2; ) {
                await().atMost(HUNG).until(() -> !Traces.children().isEmpty());
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(own.nextInt(400)));
                List<Long> alive = Traces.children();
                if (!alive.isEmpty()
                        && ProcessHandle.of(alive.get(own.nextInt(alive.size())))
                                .map(ProcessHandle::destroyForcibly)
                                .orElse(false)) {
                    kills++;
                }
            }
        } finally {
            over.set(true);
        }
    }

    /** Makes a call. Whether all of its results came; else it has told why not. */
    private static boolean call(ProcessesBackend backend, int kind) {
        int tasks = 2000;
        Parallel.Builder with = Parallel.builder().backend(backend).jobs(3);
        List<Integer> expected = IntStream.range(0, tasks).boxed().toList();
        switch (kind) {
            case 0 -> {
                try {
                    assertThat(with.build().range(tasks, ProcessKillSoakTest::work))
                            .isEqualTo(expected);
                } catch (ParallelException e) {
                    assertDeath(e);
                    return false;
                }
            }
            case 1 -> {
                try {
                    assertThat(with.retries(3).build().map(expected, ProcessKillSoakTest::work))
                            .isEqualTo(expected);
                } catch (ParallelException e) {
                    assertDeath(e);
                    return false;
                }
            }
            default -> {
                List<Outcome<Integer>> outcomes;
                try {
                    outcomes = with.build().outcomes(expected, ProcessKillSoakTest::work);
                } catch (ParallelException e) { // a worker was killed before it was ready
                    assertDeath(e);
                    return false;
                }
                assertThat(outcomes).hasSize(tasks);
                boolean all = true;
                for (int i = 0; i < tasks; i++) {
                    if (outcomes.get(i) instanceof Outcome.Failure<Integer> failure) {
                        assertThat(failure.failure().getCause()).isInstanceOf(TerminatedWorkerException.class);
                        all = false;
                    } else {
                        assertThat(outcomes.get(i).get()).isEqualTo(i);
                    }
                }
                return all;
            }
        }
        return true;
    }

    /** Of a worker that ran tasks, or of one that was to begin. */
    private static void assertDeath(ParallelException failure) {
        assertThat(failure.getCause()).isInstanceOfAny(TerminatedWorkerException.class, BrokenPoolException.class);
    }

    /** Some 50 microseconds. */
    private static int work(int input) {
        long end = System.nanoTime() + 50_000;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        return input;
    }

    @Test
    void workersAndFilesOfAKilledParentAreGone() throws Exception {
        long longest = 0;
        for (int kill = 0; kill < (KILLS + 1) / 2; kill++) {
            Path folder = Files.createDirectory(temporary.resolve("parent" + kill));
            Process parent = startParent(folder);
            try {
                boolean early = dice.nextBoolean(); // while its first workers start, or at work
                await().atMost(HUNG).until(() -> early || working(folder));
                await().atMost(HUNG)
                        .until(() -> !parent.isAlive()
                                || parent.descendants().findAny().isPresent());
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(dice.nextInt(early ? 300 : 500)));
                List<ProcessHandle> workers =
                        new ArrayList<>(parent.descendants().toList());
                parent.destroyForcibly();
                long killed = System.nanoTime();
                assertThat(parent.waitFor(HUNG.toSeconds(), TimeUnit.SECONDS)).isTrue();
                assertThat(Files.readString(folder.resolve("out"))).doesNotContain(DEATH);
                await().pollInterval(Duration.ofMillis(10))
                        .atMost(HUNG)
                        .until(() -> workers.stream().noneMatch(Traces::runs));
                longest = Math.max(longest, System.nanoTime() - killed);
                try (Stream<Path> files = Files.list(folder.resolve("tmp"))) {
                    assertThat(files.filter(
                                    file -> !file.getFileName().toString().startsWith("hsperfdata")))
                            .as("kill %d, %s, seed %d", kill, early ? "early" : "at work", SEED)
                            .isEmpty();
                }
            } finally {
                parent.descendants().forEach(ProcessHandle::destroyForcibly);
                parent.destroyForcibly();
            }
        }
        System.out.println((KILLS + 1) / 2 + " parents killed; their workers ended within "
                + TimeUnit.NANOSECONDS.toMillis(longest) + " ms");
        assertThat(Duration.ofNanos(longest)).isLessThan(ORPHANS_END);
        traces.close();
    }

    private static Process startParent(Path folder) throws IOException {
        Path tmp = Files.createDirectory(folder.resolve("tmp"));
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx128m",
                        "-XX:-UsePerfData",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Djava.io.tmpdir=" + tmp,
                        "-cp",
                        System.getProperty("java.class.path"),
                        DoomedParent.class.getName(),
                        folder.resolve("working").toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
    }

    private static boolean working(Path folder) {
        return Files.exists(folder.resolve("working"));
    }

    /** A program that makes calls until it is killed. */
    static final class DoomedParent {
        private DoomedParent() {}

        public static void main(String[] arguments) {
            ProcessesBackend backend = ProcessesBackend.create();
            for (int kind = 0; ; kind = (kind + 1) % 3) {
                if (!call(backend, kind)) {
                    System.out.println(DEATH);
                }
                Signals.give(arguments[0]);
            }
        }
    }
}
