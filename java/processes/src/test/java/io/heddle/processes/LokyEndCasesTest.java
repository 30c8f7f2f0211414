package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import io.heddle.fixture.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What loky's tests say of the end of the parent: no worker outlives it. See {@code LOKY.md}. */
@Timeout(90)
class LokyEndCasesTest {
    /** Calls, one in the other, then the end in some way. Prints the number of each process. */
    static final class Program {
        public static void main(String[] args) throws Exception {
            Parallel parallel = processes(2);
            parallel.range(2, _ -> processes(1).range(1, _ -> OwnWorkers.pid()).getFirst() + " " + OwnWorkers.pid())
                    .forEach(System.out::println);
            switch (args[0]) {
                case "/return" -> {}
                case "/exit" -> System.exit(0);
                case "/throw" -> throw new IllegalStateException("the end");
                case "/halt" -> Runtime.getRuntime().halt(0);
                default -> {
                    new ProcessBuilder("kill", "-KILL", Long.toString(OwnWorkers.pid())).start();
                    OwnWorkers.pause(30_000);
                }
            }
        }
    }

    private static Parallel processes(int jobs) {
        return Parallel.builder()
                .backend("processes")
                .option("spareWorkers", 0)
                .jobs(jobs)
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/return", "/exit", "/throw", "/halt", "/kill"})
    void noWorkerOutlivesItsParentNorThoseOfAWorker(String how) throws Exception {
        ChildJvm.Outcome outcome = ChildJvm.of(Program.class, Path.of(how)).run();
        assertThat(outcome.ended()).as("%s", outcome).isTrue();
        List<Long> pids = outcome.out()
                .lines()
                .flatMap(line -> List.of(line.split(" ")).stream())
                .map(Long::valueOf)
                .toList();
        assertThat(pids).as("%s", outcome).hasSize(4);
        OwnWorkers.awaitEnd(pids);
    }

    /** A program's main method that returns while a call of its runs does not cut it off. */
    static final class Unfinished {
        public static void main(String[] args) {
            String folder = args[0];
            var call = processes(2).mapAsync(IntStream.range(0, 8).boxed().toList(), input -> {
                OwnWorkers.pause(100);
                Files.createFile(Path.of(folder, "task" + input));
                return input;
            });
            Thread.ofPlatform().start(call::join);
        }
    }

    @Test
    void aCallThatAThreadOfTheProgramAwaitsIsFinishedBeforeTheEnd(@TempDir Path folder) throws Exception {
        ChildJvm.of(Unfinished.class, folder).succeeds();
        assertThat(names(folder)).hasSize(8);
    }

    private static List<Path> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }
}
