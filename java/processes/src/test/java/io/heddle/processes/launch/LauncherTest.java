package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.Parallel;
import io.heddle.backend.BackendUnavailableException;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.failure.TerminatedWorkerException;
import io.heddle.processes.fixture.Children;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.worker.HiddenProperties;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LauncherTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private static final String TEMPORARY = "java.io.tmpdir";

    @TempDir
    Path folder;

    @TempDir
    Path temporary; // of this test alone: other programs have workers, too

    private final List<WorkerProcess> started = new ArrayList<>();
    private final String before = System.getProperty(TEMPORARY);
    private final Set<ProcessHandle> childrenBefore = Children.now();

    @BeforeEach
    void moveIn() {
        System.setProperty(TEMPORARY, temporary.toString());
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        System.setProperty(TEMPORARY, before);
        started.forEach(WorkerProcess::kill);
        Children.awaitNoneBut(childrenBefore);
        assertThat(sockets()).isEmpty();
    }

    private List<Path> sockets() throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            return files.filter(file -> file.getFileName().toString().matches("heddle-[0-9a-f]{16}"))
                    .sorted()
                    .toList();
        }
    }

    static Path location(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    static Path java() {
        return Program.java(System.getProperty("java.home"));
    }

    private Launcher launcher(Duration startTimeout, String... options) throws URISyntaxException {
        List<String> all = new ArrayList<>(List.of("-XX:ErrorFile=" + folder + "/hs_err_%p"));
        all.addAll(List.of(options));
        List<Path> own = List.of(location(Parallel.class), location(Launcher.class), location(LauncherTest.class));
        String path = Program.classPath(own, System.getProperty("java.class.path"));
        return new Launcher(
                new LaunchSettings(all, Map.of("FROM_USER", "1"), 0, 1 << 20, startTimeout),
                new Program(java(), own, path, List.of(), List.of(StandInWorker.class.getName())),
                null,
                connection -> {});
    }

    private WorkerProcess launch(String... options) throws URISyntaxException {
        WorkerProcess worker = launcher(LONG, options).launch(2, true, 1);
        started.add(worker);
        return worker;
    }

    private static void tell(WorkerProcess worker, String command) throws IOException {
        worker.connection().write(new FrameOutput(FrameType.INFO).putString(command));
    }

    private static TerminatedWorkerException death(WorkerProcess worker, String command) throws IOException {
        tell(worker, command);
        assertThatThrownBy(worker.connection()::read).isInstanceOf(IOException.class);
        return worker.death("it ran task 7");
    }

    @Test
    void aWorkerIsConnectedAndEndsAtAWord() throws Exception {
        WorkerProcess worker = launch();
        tell(worker, "ok");

        assertThat(worker.connection().read().getText()).isEqualTo("done");
        assertThat(worker.isAlive()).isTrue();
        assertThat(worker.environmentLimit()).isEqualTo(2);
        assertThat(sockets()).isEmpty(); // gone while it lives
        worker.kill();
        worker.kill();
        worker.onExit().join();
        assertThat(worker.isAlive()).isFalse();
        assertThat(worker.death("it was idle")).hasMessageContaining("Heddle ended it");
    }

    @Test
    void theSecretIsNowhereToBeSeen() throws Exception {
        WorkerProcess worker = launch();
        Path process = Path.of("/proc/" + worker.pid());
        String line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        String environment = Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1);

        assertThat(line + environment).doesNotContainPattern("[0-9a-f]{64}");
        assertThat(line).contains("-XX:+UseSerialGC", "-XX:ActiveProcessorCount=1", "-XX:-UsePerfData");
        assertThat(environment)
                .contains("OMP_NUM_THREADS=2\0", "HEDDLE_WORKER_DEPTH=1\0", "FROM_USER=1\0")
                .doesNotContain("JAVA_TOOL_OPTIONS");
    }

    @Test
    void propertiesThatOnlyTheProgramKnowsAreInNoProcessList() throws Exception {
        WorkerProcess worker = launch("-Dstandin.password=\"geheim\" \\ #", "-Dstandin.password2=", "-Xss2m");
        String line = Files.readString(Path.of("/proc/" + worker.pid() + "/cmdline"), StandardCharsets.ISO_8859_1);

        assertThat(line).contains("-Xss2m").doesNotContain("geheim").doesNotContain("standin.password");
        tell(worker, "property standin.password");
        assertThat(worker.connection().read().getText()).isEqualTo("\"geheim\" \\ #");
    }

    @Test
    void propertiesInAFileOfOptionsAreNotShownEither() throws Exception {
        Path options = Files.writeString(folder.resolve("options"), "-Xss2m -Dstandin.password='ge heim'\n");
        WorkerProcess worker = launch("@" + options, "-Dstandin.last=1");
        String line = Files.readString(Path.of("/proc/" + worker.pid() + "/cmdline"), StandardCharsets.ISO_8859_1);

        assertThat(line).contains("-Xss2m").doesNotContain("heim");
        tell(worker, "property standin.password");
        assertThat(worker.connection().read().getText()).isEqualTo("ge heim");
    }

    @Test
    void aFileOfOptionsThatIsNotThereIsToldOf() {
        assertThatThrownBy(() -> launch("@" + folder + "/none"))
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageContainingAll("exit code 1", folder + "/none");
    }

    /** A locale like C, which containers have, spells ASCII only. */
    @Test
    void aPropertyThatTheLocaleCannotSpellStartsAWorkerAllTheSame() throws Exception {
        String charset = System.getProperty("sun.jnu.encoding");
        System.setProperty("sun.jnu.encoding", "US-ASCII");
        try {
            WorkerProcess worker = launch("-Dstandin.name=José");
            tell(worker, "property standin.name");
            assertThat(worker.connection().read().getText()).isEqualTo("José");
        } finally {
            System.setProperty("sun.jnu.encoding", charset);
        }
    }

    /** As a file of arguments or a variable may hide it. */
    @Test
    void hiddenPropertiesKeepTheirOrder() {
        WorkerOptions options =
                new WorkerOptions(List.of("-Da=1", "--add-modules=m"), List.of("-Db=2", "-Xmx100m", "-Dc=3"), 0, false);

        WorkerOptions.Sorted shown =
                new WorkerOptions(List.of("-Da=1"), List.of("-Xmx100m"), 0, false).sorted(1, List.of(), false);
        WorkerOptions.Sorted sorted = options.sorted(1, List.of(), true);
        assertThat(shown.hidden()).isEmpty();
        assertThat(shown.shown()).contains("-Da=1", "-Xmx100m");
        assertThat(sorted.shown())
                .contains("--add-modules=m", "-Xmx100m")
                .noneMatch(option -> option.matches("-D[abc]=.*"));
        assertThat(sorted.hidden()).containsExactly("-Da=1", "-Db=2", "-Dc=3");
    }

    /** A JVM reads them while it starts. */
    @Test
    void propertiesOfTheJvmAreOptions() {
        WorkerOptions options = new WorkerOptions(
                List.of(), List.of("-Djava.net.preferIPv4Stack=true", "-Dfile.encoding=UTF-8"), 0, false);

        assertThat(options.sorted(1, List.of(), true).hidden()).isEmpty();
    }

    /** The least bound on a frame is 1024 bytes. */
    @Test
    void hiddenPropertiesNeedNoRoomInOneFrame() {
        List<String> options = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            options.add("-Dany.name" + i + "=" + "x".repeat(500));
        }
        for (FrameOutput frame : HiddenProperties.frames(options)) {
            assertThat(frame.size()).isLessThan(1024);
        }
    }

    @Test
    void aReportOfACrashTellsNoHiddenValue() throws Exception {
        TerminatedWorkerException death = death(launch("-Dany.name=geheim"), "crash");

        assertThat(death.errorFile().orElseThrow()).content().doesNotContain("geheim");
    }

    @Test
    void aMessageOfAStartThatFailedTellsNoHiddenValue() {
        assertThatThrownBy(() -> launch("-Duser.standin=ends", "-Dany.name=geheim"))
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageContaining("-Dany.name=...")
                .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain("geheim"));
    }

    @ParameterizedTest
    @CsvSource({"exit, 5", "halt, 6"})
    void aWorkerThatEndsItselfSaysHow(String command, int code) throws Exception {
        TerminatedWorkerException death = death(launch(), command);

        assertThat(death.exitCode()).hasValue(code);
        assertThat(death.signal()).isEmpty();
        assertThat(death.errorFile()).isEmpty();
        assertThat(death).hasMessageContainingAll("died while it ran task 7", "exit code " + code);
    }

    @Test
    void aKilledWorker() throws Exception {
        WorkerProcess worker = launch();
        ProcessHandle.of(worker.pid()).orElseThrow().destroyForcibly();
        assertThatThrownBy(worker.connection()::read).isInstanceOf(IOException.class);
        TerminatedWorkerException death = worker.death("it was idle");

        assertThat(death.signal()).hasValue("SIGKILL");
        assertThat(death.exitCode()).isEmpty();
        assertThat(death.pid()).isEqualTo(worker.pid());
    }

    @Test
    void aCrashInNativeCodeNamesSignalAndFrameAndReport() throws Exception {
        WorkerProcess worker = launch();
        tell(worker, "last words");
        worker.connection().read();
        TerminatedWorkerException death = death(worker, "crash");

        assertThat(death.signal()).hasValue("SIGSEGV");
        assertThat(death.exitCode()).isEmpty();
        assertThat(death.errorFile()).hasValue(folder.resolve("hs_err_" + worker.pid()));
        assertThat(death.errorFile().orElseThrow()).exists();
        assertThat(death).hasMessageContainingAll("SIGSEGV in ", "hs_err_" + worker.pid(), "error last words");
        assertThat(String.valueOf(death.getMessage()).lines()).noneMatch(line -> line.startsWith("#"));
    }

    @Test
    void aCrashWhoseReportIsWrittenElsewhere() throws Exception {
        WorkerProcess worker = launch("-XX:ErrorFile=" + folder + "/none/hs_err_%p");
        TerminatedWorkerException death = death(worker, "crash");
        Path fallback = Path.of("hs_err_pid" + worker.pid() + ".log").toAbsolutePath();
        Files.delete(death.errorFile().orElseThrow());

        assertThat(death.signal()).hasValue("SIGSEGV");
        assertThat(death.errorFile()).hasValue(fallback);
    }

    @Test
    void aCrashWithoutAReportIsToldOfByWhatTheJvmPrints() throws Exception {
        PrintStream out = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)); // 1000 lines
        try {
            TerminatedWorkerException death = death(launch("-XX:+ErrorFileToStdout"), "crash");

            assertThat(death.signal()).hasValue("SIGSEGV");
            assertThat(death.exitCode()).isEmpty();
            assertThat(death.errorFile()).isEmpty();
            assertThat(death).hasMessageContainingAll("SIGSEGV in ", "no report");
        } finally {
            System.setOut(out);
        }
    }

    @Test
    void withoutATemporaryFolderTheReasonIsToldOf() throws Exception {
        Launcher launcher = launcher(LONG);
        System.setProperty(TEMPORARY, folder + "/none");

        assertThatThrownBy(() -> launcher.launch(0, false, 1))
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageContainingAll("NoSuchFileException: " + folder + "/none/", "java.io.tmpdir");
    }

    @Test
    void aFullHeapIsToldOf() throws Exception {
        TerminatedWorkerException death = death(launch("-Xmx32m"), "fill");

        assertThat(death.exitCode()).hasValue(1);
        assertThat(death).hasMessageContainingAll("its heap was full", "java.lang.OutOfMemoryError");
    }

    @Test
    void outputIsLabelledLineByLine() throws Exception {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream seenOut = new ByteArrayOutputStream();
        ByteArrayOutputStream seenErr = new ByteArrayOutputStream();
        System.setOut(new PrintStream(seenOut, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(seenErr, true, StandardCharsets.UTF_8));
        try {
            WorkerProcess worker = launch();
            tell(worker, "one\ntwo");
            tell(worker, "x".repeat(LabelledOutput.MOST_LINE + 1));
            String label = "[worker " + worker.pid() + "] ";
            String whole = "x".repeat(LabelledOutput.MOST_LINE);
            await().untilAsserted(() -> assertThat(
                            seenOut.toString(StandardCharsets.UTF_8).lines())
                    .containsExactly(label + "one", label + "two", label + whole, label + "x"));
            await().untilAsserted(() -> assertThat(
                            seenErr.toString(StandardCharsets.UTF_8).lines())
                    .startsWith(label + "error one", label + "two"));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void aWorkerThatEndsWhileItStartsSaysWhy() throws Exception {
        Launcher launcher = launcher(LONG, "-Duser.standin=ends", "-Dmy.password=geheim");

        assertThatThrownBy(() -> launcher.launch(0, false, 1))
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageMatching("(?s).*exit code 7.*I do not want to.*Command: .*StandInWorker.*")
                .hasMessageContaining("-Dmy.password=...")
                .hasMessageNotContainingAny("geheim");
    }

    @Test
    void anOptionThatTheJvmDoesNotKnow() throws Exception {
        Launcher launcher = launcher(LONG, "-XX:+NoSuchOption");

        assertThatThrownBy(() -> launcher.launch(0, false, 1))
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageContainingAll("exit code 1", "Unrecognized VM option 'NoSuchOption'");
    }

    @Test
    void aWorkerThatDoesNotConnectIsEnded() throws Exception {
        Launcher launcher = launcher(Duration.ofMillis(500), "-Duser.standin=hangs");

        assertThatThrownBy(() -> launcher.launch(0, false, 1))
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageContainingAll("had not connected after PT0.5S");
    }

    @Test
    void withoutAProgramToStartThereIsNoWorker() {
        assertThatThrownBy(() -> Program.java(folder.toString()))
                .isInstanceOf(BackendUnavailableException.class)
                .hasMessageContainingAll(folder + "/bin/java", "jlink", "threads");
        assertThatThrownBy(() -> Program.java(null))
                .isInstanceOf(BackendUnavailableException.class)
                .hasMessageContaining("native image");
    }

    @Test
    void aProgramThatCannotBeRunIsToldOf() throws Exception {
        Path program = Files.writeString(folder.resolve("java"), "no program");
        Launcher launcher = new Launcher(
                new LaunchSettings(List.of(), Map.of(), 0, 1 << 20, LONG),
                new Program(program, List.of(folder), "x", List.of(), List.of("Main")),
                null,
                connection -> {});

        assertThatThrownBy(() -> launcher.launch(0, false, 1))
                .isInstanceOf(BrokenPoolException.class)
                .hasMessageContainingAll(program.toString(), "threads");
    }

    @Test
    void aClassPathLongerThanAnArgumentMayBe() throws Exception {
        List<Path> own = List.of(location(Parallel.class), location(Launcher.class), location(LauncherTest.class));
        String path = Program.classPath(
                own, ("/no such/" + "x".repeat(200) + File.pathSeparator).repeat(1) + "y/".repeat(100_000));
        Launcher launcher = new Launcher(
                new LaunchSettings(List.of(), Map.of(), 0, 1 << 20, LONG),
                new Program(java(), own, path, List.of(), List.of(StandInWorker.class.getName())),
                null,
                connection -> {});
        WorkerProcess worker = launcher.launch(0, false, 1);
        started.add(worker);

        assertThat(worker.isAlive()).isTrue();
    }

    @Test
    void theClassPathBeginsWithHeddle() {
        Path core = Path.of("/h/core.jar");

        assertThat(Program.classPath(List.of(core), "/a.jar:/h/core.jar::/a.jar"))
                .isEqualTo("/h/core.jar:/a.jar:.");
        assertThat(Program.classPath(List.of(core), "")).isEqualTo("/h/core.jar");
    }

    @Test
    void theModulePathIsTheParents() {
        assertThat(Program.moduleOptions("/m:/n", "app", List.of("io.heddle", "io.heddle.processes")))
                .containsExactly("--module-path=/m:/n", "--add-modules=io.heddle,io.heddle.processes,app");
        assertThat(Program.moduleOptions(null, null, List.of())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-cp=x", "--module-path=x", "-jar", "Main", "--class-path=x", "-Da=\0"})
    void optionsThatWouldReplaceTheWorker(String option) {
        assertThatThrownBy(() -> new LaunchSettings(List.of(option), Map.of(), 0, 1 << 20, LONG))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("jvmOptions", option.replace("\0", "\\0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-jar x.jar", "-cp x", "-Da=1 Main"})
    void optionsInAFileThatWouldReplaceTheWorker(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("options"), text);

        assertThatThrownBy(() -> launcher(LONG, "@" + file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("jvmOptions");
    }

    @Test
    void aFileOfOptionsMayHaveAnOptionAndItsValueApart() throws Exception {
        Path options = Files.writeString(folder.resolve("options"), "--add-modules java.sql -Xss2m\n");

        assertThat(launch("@" + options).isAlive()).isTrue();
    }

    @Test
    void whatTheUserSaysOfTheHeapAndTheCollectorWins() {
        WorkerOptions plain = new WorkerOptions(List.of("-Da=1"), List.of(), 64 << 20, false);
        WorkerOptions user = new WorkerOptions(
                List.of("-Da=1"), List.of("-XX:+UseZGC", "-Xmx64m", "-Djava.util.logging.config.file=x"), 0, false);

        assertThat(plain.sorted(1, List.of(), false).shown())
                .contains("-XX:+UseSerialGC", "-Xmx67108864", "-Da=1")
                .anyMatch(option -> option.contains("LogForwarding"));
        assertThat(user.sorted(1, List.of(), false).shown())
                .doesNotContain("-XX:+UseSerialGC")
                .noneMatch(option -> option.contains("LogForwarding"))
                .endsWith("-Da=1", "-XX:+UseZGC", "-Xmx64m", "-Djava.util.logging.config.file=x");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-Xms32m, 128, -, -Xmx134217728",
                "-XX:InitialHeapSize=32m, 128, -, -Xmx134217728",
                "-XX:InitialRAMPercentage=1, 128, -, -Xmx134217728",
                "-Xmx64m, 128, -Xms16777216, -",
                "-Xmx8M, 128, -Xms8388608, -",
                "-XX:MaxHeapSize=4096k, 0, -Xms4194304, -",
                "-XX:MaxRAMPercentage=50, 0, -, -",
                "-Xms1t, 0, -, -Xmx1099511627776",
                "-Xss1m, 128, -Xms16777216, -Xmx134217728"
            })
    void whatIsSaidOfOneHeapSizeReplacesNoOther(String said, long maxHeapMb, String first, String most) {
        List<String> options = new WorkerOptions(List.of(), List.of(said), maxHeapMb << 20, false)
                .sorted(1, List.of(), false)
                .shown();

        assertThat(heap(options, "-Xms", said)).isEqualTo(first);
        assertThat(heap(options, "-Xmx", said)).isEqualTo(most);
    }

    private static String heap(List<String> options, String start, String butNot) {
        return options.stream()
                .filter(option -> option.startsWith(start) && !option.equals(butNot))
                .findFirst()
                .orElse(null);
    }
}
