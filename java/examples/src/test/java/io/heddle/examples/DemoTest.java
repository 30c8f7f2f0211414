package io.heddle.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.openblas.OpenBlas;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as its user meets it: a JVM with an exit status and a message. */
class DemoTest {
    private static final long LIMIT_SECONDS = 120;
    private static final int INNER = Math.max(Runtime.getRuntime().availableProcessors() / 2, 1);
    private static final String BIG_FILES_FAIL = "ulimit -f 4096; exec \"$@\"";

    @TempDir
    Path cache;

    @Test
    void repairsACorruptCacheFileAndRunsToTheEnd() throws Exception {
        Path shared = OpenBlas.shared().path();
        Path damaged = cache.resolve("openblas")
                .resolve(shared.getParent().getFileName())
                .resolve(shared.getFileName());
        Files.createDirectories(damaged.getParent());
        Files.writeString(damaged, "damaged");

        Outcome outcome = run(demo("--quick", "--samples", "300"));

        assertThat(outcome.exit()).as(outcome.output()).isZero();
        assertThat(outcome.output())
                .contains(damaged + " is damaged")
                .contains("100 fits")
                .contains("same answer")
                .contains("kernel ridge")
                .contains("Nystroem")
                .contains("the whole process")
                .contains("small calls/s")
                .contains("an instance per worker");
    }

    @Test
    void searchesTheSameGridInWorkerProcesses() throws Exception {
        Outcome outcome = run(demo("--quick", "--samples", "200", "--jobs", "2", "--backend", "processes"));

        assertThat(outcome.exit()).as(outcome.output()).isZero();
        assertThat(outcome.output())
                .contains("on threads and on processes: 20 points")
                .contains("first call, of 2 tasks")
                .containsPattern("processes +[0-9.]+ \\([0-9.]+-[0-9.]+\\) .* yes, ")
                .containsPattern("\n  threads +[01] +this one +[1-4] +" + INNER + " +[0-9]+\n")
                .containsPattern("\n  processes +[01] +[0-9]+ +[1-4] +" + INNER + " +[0-9]+(\n|$)")
                .doesNotContain("WARNING");
    }

    @Test
    void namesTheTaskThatFailsInAWorkerProcess() throws Exception {
        assertFails(
                run(demo("--quick", "--samples", "200", "--backend", "processes", "--fail-at", "7")),
                "Task 7 of 100",
                "--fail-at 7 asked for it");
    }

    @Test
    void saysWhichBackendsItKnows() throws Exception {
        assertFails(
                run(demo("--backend", "nonsense")), "--backend nonsense", "[", "processes", "sequential", "threads");
    }

    @Test
    void saysWhichArtifactABackendComesWith() throws Exception {
        String without = classPath()
                .filter(entry -> !entry.contains("processes"))
                .collect(Collectors.joining(File.pathSeparator));

        assertFails(
                run(java(without, Demo.class, "--backend", "processes")),
                "--backend processes",
                "artifact heddle-processes");
    }

    @Test
    void refusesABackendThatCannotRunTheFits() throws Exception {
        assertFails(run(demo("--backend", "virtual-threads")), "virtual-threads", "LAPACK");
    }

    @Test
    void refusesAnAddressForABackendOfThisMachine() throws Exception {
        assertFails(run(demo("--backend", "processes", "--address", "10.0.0.1:8786")), "no option 'address'");
    }

    @Test
    void stopsOnCtrlC() throws Exception {
        stopsOnCtrlC("threads", "Scene 1");
    }

    @Test
    void stopsOnCtrlCWithWorkerProcesses() throws Exception {
        stopsOnCtrlC("processes", "  first call");
    }

    private void stopsOnCtrlC(String backend, String lineBefore) throws Exception {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(demo("--backend", backend));
        Process process = start(command);
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            List<String> lines = new ArrayList<>();
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
                if (line.startsWith(lineBefore)) {
                    new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                            .start()
                            .waitFor();
                }
            }

            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(String.join("\n", lines)).isEqualTo(130);
            assertThat(lines.getLast())
                    .isEqualTo(
                            "heddle demo: interrupted. The workers have stopped and every limit is what it was before.");
        }
    }

    @Test
    void namesTheTaskThatFails() throws Exception {
        assertFails(
                run(demo("--quick", "--samples", "300", "--fail-at", "7")),
                "Task 7 of 100",
                "--fail-at 7 asked for it");
    }

    @Test
    void saysWhichLibrariesItKnows() throws Exception {
        assertFails(run(demo("--library", "nonsense")), "--library nonsense", "openblas-openmp");
    }

    @Test
    void saysHowToGetDebiansLibraries() throws Exception {
        assertFails(
                run(demo("--library", "openblas-openmp")),
                "native/debian-libraries libopenblas0-openmp libquadmath0 libgfortran5 libgomp1");
    }

    @Test
    void refusesALibraryThatIsNoOpenBlas() throws Exception {
        Path quadmath = OpenBlas.shared().path().resolveSibling("libquadmath.so.0");

        assertFails(run(demo("--library", quadmath.toString())), "not an OpenBLAS");
    }

    @Test
    void saysWhatToAddWhereTheBlasIsAbsent() throws Exception {
        String without = classPath()
                .filter(entry -> !entry.contains("bytedeco"))
                .collect(Collectors.joining(File.pathSeparator));

        assertFails(run(java(without, Demo.class)), "org.bytedeco:openblas", "linux-x86_64");
    }

    @Test
    void saysThatTheCacheFolderIsFull() throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "-c", BIG_FILES_FAIL, "sh"));
        command.addAll(demo());

        assertFails(run(command), cache + "/openblas/", "MiB free", "HEDDLE_CACHE");
    }

    @Test
    void refusesNumbersThatMakeNoSense() throws Exception {
        assertFails(run(demo("--jobs", "0")), "jobs");
        assertFails(run(demo("--samples", "1798")), "--samples 1798: give 100 to 1797");
    }

    @Test
    void limitsALibraryThatTheFirstTaskLoads() throws Exception {
        Outcome outcome = run(java(System.getProperty("java.class.path"), LateLibrary.class));

        assertThat(outcome.exit()).as(outcome.output()).isZero();
        assertThat(outcome.output())
                .contains("in the tasks: [1]")
                .contains("afterwards: " + Runtime.getRuntime().availableProcessors());
    }

    private record Outcome(int exit, String output) {}

    private static void assertFails(Outcome outcome, String... parts) {
        assertThat(outcome.exit()).as(outcome.output()).isEqualTo(1);
        assertThat(outcome.output()).contains("heddle demo: ").contains(parts).doesNotContain("\tat ");
    }

    private static List<String> demo(String... arguments) {
        return java(System.getProperty("java.class.path"), Demo.class, arguments);
    }

    private static List<String> java(String classPath, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                main.getName()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    private static Stream<String> classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1));
    }

    private Process start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("HEDDLE_CACHE", cache.toString());
        return builder.start();
    }

    private Outcome run(List<String> command) throws IOException, InterruptedException {
        Process process = start(command);
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            String output = reader.lines().collect(Collectors.joining("\n"));
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .as(output)
                    .isTrue();
            return new Outcome(process.exitValue(), output);
        }
    }
}
