package io.heddle.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.heddle.openblas.OpenBlas;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as its user meets it: a process with an exit status, a result on one stream and messages on the other. */
class HeddleTest {
    private static final long LIMIT_SECONDS = 120;

    @TempDir
    Path folder;

    private record Outcome(int status, String out, String err) {}

    @AfterEach
    void leavesNoProcess() {
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    @Test
    void printsTheLibrariesOfAFreshJvmAsJson() throws Exception {
        Outcome outcome = run("info", "--json", "--load", "openblas");

        assertThat(outcome.status).as(outcome.err).isZero();
        JsonObject info = JsonParser.parseString(outcome.out).getAsJsonObject();
        assertThat(info.keySet()).startsWith("usableCpus", "libraries");
        assertThat(info.get("usableCpus").getAsInt()).isPositive();
        JsonArray libraries = info.getAsJsonArray("libraries");
        assertThat(libraries).hasSize(1);
        JsonObject library = libraries.get(0).getAsJsonObject();
        assertThat(library.keySet())
                .startsWith(
                        "userApi",
                        "internalApi",
                        "path",
                        "version",
                        "threadingLayer",
                        "architecture",
                        "threads",
                        "limitScope");
        assertThat(library.get("userApi").getAsString()).isEqualTo("blas");
        assertThat(library.get("internalApi").getAsString()).isEqualTo("openblas");
        assertThat(library.get("path").getAsString())
                .isEqualTo(OpenBlas.shared().path().toRealPath().toString());
        assertThat(library.get("threadingLayer").getAsString()).isEqualTo("pthreads");
        assertThat(library.get("threads").getAsInt()).isPositive();
        assertThat(library.get("limitScope").getAsString()).isEqualTo("PROCESS");
    }

    @Test
    void printsATableWithoutJson() throws Exception {
        Outcome outcome = run("info");

        assertThat(outcome.status).isZero();
        assertThat(outcome.out).startsWith("usable CPUs: ").contains("none");
        assertThat(outcome.err).isEmpty();
    }

    @Test
    void adviceHasAnExitStatusOfItsOwn() throws Exception {
        ProcessBuilder more = builder("doctor", "--load", "openblas");
        more.environment().put("OPENBLAS_NUM_THREADS", "64");
        more.environment().put("HEDDLE_MAX_CPUS", "1");
        Outcome advice = run(more);

        assertThat(advice.status).as(advice.err).isEqualTo(3);
        assertThat(advice.out).startsWith("believes-in-more-cpus: ").contains("OPENBLAS_NUM_THREADS=1");
    }

    @Test
    void seesAProcessThatOversubscribes() throws Exception {
        int usable = Runtime.getRuntime().availableProcessors();
        int threads = 3 * usable;
        List<String> command = java(BusyThreads.class, Integer.toString(threads));
        Process busy = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader reader = busy.inputReader(StandardCharsets.UTF_8)) {
            assertThat(reader.readLine()).isEqualTo("busy");

            Outcome info = run("info", "--json", "--seconds", "2", Long.toString(busy.pid()));
            Outcome doctor = run("doctor", Long.toString(busy.pid()));

            assertThat(info.status).as(info.err).isZero();
            JsonObject seen = JsonParser.parseString(info.out).getAsJsonObject();
            assertThat(seen.get("usableCpus").getAsInt()).isEqualTo(usable);
            assertThat(seen.getAsJsonArray("libraries")).hasSize(1);
            long compute = seen.getAsJsonArray("threads").asList().stream()
                    .filter(thread ->
                            thread.getAsJsonObject().get("name").getAsString().startsWith("busy-"))
                    .count();
            assertThat(compute).isEqualTo(threads);
            double used = seen.get("cpusUsed").getAsDouble();
            double lost = seen.get("coresLost").getAsDouble();
            // Every one of them wants a CPU all the time: what it does not get is lost.
            assertThat(used + lost).isBetween(0.8 * threads, 1.2 * threads);
            assertThat(lost).isGreaterThan(used);

            assertThat(doctor.status).as(doctor.err).isEqualTo(3);
            assertThat(doctor.out).contains("oversubscription: ", "more-threads-than-cpus: ", "busy-", "small-stack: ");
        } finally {
            busy.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"info", "info --json", "doctor", "stress --library openblas --seconds 0.2", "--help"})
    void saysThatItsResultIsLost(String arguments) throws Exception {
        Files.createFile(folder.resolve("out"));

        Outcome outcome = run(builder(arguments.split(" ")).redirectOutput(new File("/dev/full")));

        assertThat(outcome.status).as(outcome.err).isEqualTo(1);
        assertThat(outcome.err.lines().toList().getLast()).contains("standard output");
    }

    @Test
    void saysThatItsOutputIsClosed() throws Exception {
        List<String> closed = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >&-", "sh"));
        closed.addAll(java(Heddle.class, "info"));

        Outcome outcome = run(new ProcessBuilder(closed)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile()));

        assertThat(outcome.status).as(outcome.err).isEqualTo(1);
        assertThat(outcome.err).contains("standard output");
    }

    /** By what it holds, not by its name: the locale cannot spell that, and yet the file is opened. */
    @Test
    void listsALibraryThatTheLocaleCannotSpell() throws Exception {
        Path odd = Files.createDirectory(Path.of(URI.create(folder.toUri() + "b%C3%B6")));
        Path library = Files.copy(OpenBlas.shared().path(), odd.resolve("libfoo.so"));
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(library)) {
            assertThat(channel.map(FileChannel.MapMode.READ_ONLY, 0, 1, arena).byteSize())
                    .isOne();
            ProcessBuilder info = builder(
                    "info",
                    "--json",
                    "--seconds",
                    "0.05",
                    Long.toString(ProcessHandle.current().pid()));
            info.environment().put("LC_ALL", "C");

            Outcome outcome = run(info);

            assertThat(outcome.status).as(outcome.err).isZero();
            assertThat(outcome.out).contains("/b??/libfoo.so\"");
        }
    }

    @Test
    void namesTheVariableThatTheLocaleCannotSpell() throws Exception {
        List<String> command = new ArrayList<>(
                List.of("sh", "-c", "HEDDLE_CACHE=$(printf '/tmp/b\\303\\266') LC_ALL=C exec \"$@\"", "sh"));
        command.addAll(java(Heddle.class, "info", "--load", "openblas"));

        Outcome outcome = run(new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile()));

        assertThat(outcome.status).as(outcome.err).isEqualTo(1);
        assertThat(outcome.err.lines()).singleElement().asString().contains("HEDDLE_CACHE", "LC_ALL");
    }

    static Stream<Arguments> badInput() {
        return Stream.of(
                arguments(2, "info, doctor or stress", List.of()),
                arguments(2, "bogus", List.of("bogus")),
                arguments(2, "--nonsense", List.of("info", "--nonsense")),
                arguments(2, "'x'", List.of("info", "x")),
                arguments(2, "PID 0", List.of("info", "0")),
                arguments(2, "PID -1", List.of("doctor", "--", "-1")),
                arguments(2, "--seconds 0.0: give 0.05", List.of("info", "1", "--seconds", "0")),
                arguments(2, "--seconds NaN", List.of("info", "1", "--seconds", "NaN")),
                arguments(2, "give its PID", List.of("info", "--seconds", "1")),
                arguments(2, "give one of both", List.of("info", "1", "--load", "openblas")),
                arguments(2, "--seconds 0.0: give more", List.of("stress", "--seconds", "0")),
                arguments(2, "--threads 0: give 1 to 64", List.of("stress", "--threads", "0")),
                arguments(1, "no process 999999999", List.of("info", "999999999")),
                arguments(1, "no such file", List.of("info", "--load", "/nowhere/lib.so")),
                arguments(1, "invalid ELF header", List.of("doctor", "--load", "/proc/self/cmdline")),
                arguments(1, "no file nonsense", List.of("stress", "--library", "nonsense")),
                arguments(1, "no file ", List.of("stress", "--library", "a:b")));
    }

    @ParameterizedTest
    @MethodSource("badInput")
    void saysInOneLineWhatIsWrong(int status, String part, List<String> arguments) throws Exception {
        Outcome outcome = run(arguments.toArray(String[]::new));

        assertThat(outcome.status).as(outcome.toString()).isEqualTo(status);
        assertThat(outcome.out).isEmpty();
        assertThat(outcome.err.lines())
                .singleElement()
                .asString()
                .startsWith("heddle")
                .contains(part);
    }

    @Test
    void saysThatALibraryLacksWhatItNeeds() throws Exception {
        Path alone = Files.copy(OpenBlas.shared().path(), folder.resolve("libopenblas.so.0"));

        Outcome outcome = run("info", "--load", alone.toString());

        assertThat(outcome.status).isEqualTo(1);
        assertThat(outcome.err.lines()).singleElement().asString().contains("libgfortran.so.5");
    }

    @Test
    void stressEndsWithItsParent() throws Exception {
        Process stress = builder("stress", "--library", "openblas", "--seconds", "60")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            ProcessHandle child = firstChild(stress);
            stress.destroyForcibly().waitFor();

            child.onExit().get(LIMIT_SECONDS, TimeUnit.SECONDS);
            assertThat(child.isAlive()).isFalse();
        } finally {
            stress.descendants().forEach(ProcessHandle::destroyForcibly);
            stress.destroyForcibly().waitFor();
        }
    }

    private static ProcessHandle firstChild(Process process) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (System.nanoTime() < deadline && process.isAlive()) {
            var child = process.children().findFirst();
            if (child.isPresent()) {
                return child.get();
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        throw new AssertionError("no child JVM was started");
    }

    @Test
    void stressPrintsARow() throws Exception {
        Outcome outcome = run("stress", "--library", "openblas", "--seconds", "0.5", "--threads", "4", "--json");

        assertThat(outcome.status).as(outcome.toString()).isZero();
        JsonArray rows = JsonParser.parseString(outcome.out).getAsJsonObject().getAsJsonArray("rows");
        assertThat(rows).hasSize(1);
        assertThat(rows.get(0).getAsJsonObject().get("outcome").getAsString()).isEqualTo("ok");
    }

    private static List<String> java(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    private ProcessBuilder builder(String... arguments) {
        return new ProcessBuilder(java(Heddle.class, arguments))
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
    }

    private Outcome run(String... arguments) throws IOException, InterruptedException {
        return run(builder(arguments));
    }

    private Outcome run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.start();
        try {
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        return new Outcome(
                process.exitValue(), Files.readString(folder.resolve("out")), Files.readString(folder.resolve("err")));
    }
}
