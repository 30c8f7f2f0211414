package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.heddle.NativeThreads;
import io.heddle.Parallel;
import io.heddle.ParallelConfig;
import io.heddle.TaskContext;
import io.heddle.backend.BackendUnavailableException;
import io.heddle.backend.Constraint;
import io.heddle.backend.Hint;
import io.heddle.backend.OpenMpProbe;
import io.heddle.fixture.ChildJvm;
import io.heddle.processes.worker.WorkerMain;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What loky's and joblib's tests say of what a worker process has of its parent: see {@code LOKY.md}. */
@Timeout(60)
class LokyWorkerCasesTest {
    private static final List<String> LIMITS = List.of(
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "BLIS_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS",
            "NUMBA_NUM_THREADS",
            "NUMEXPR_NUM_THREADS");

    /** Nobody else ends those that are used by name, and another test may want to see no process. */
    @AfterAll
    static void endTheWorkersOfCallsByName() {
        ProcessesBackend.create().close();
    }

    private static Map<String, String> limits() {
        Map<String, String> found = new TreeMap<>();
        LIMITS.forEach(name -> found.put(name, System.getenv(name)));
        return found;
    }

    private static List<String> distinct(List<Map<String, String>> environments) {
        return environments.stream()
                .flatMap(each -> each.values().stream())
                .distinct()
                .sorted()
                .toList();
    }

    // the environment, by what is said

    /** In children, whose own variables are known. */
    @Test
    void withoutAWordAWorkerStartsWithItsShareOfTheCpus() throws Exception {
        ChildJvm.of(Share.class).environment("ENABLE_IPC", "0").succeeds();
    }

    static final class Share {
        public static void main(String[] args) {
            for (int jobs : new int[] {1, 2, 4}) {
                Parallel parallel = fresh(jobs);
                String share = Integer.toString(Math.max(Parallel.usableCpus() / jobs, 1));
                assertThat(distinct(parallel.range(jobs, _ -> limits()))).containsExactly(share);
            }
            assertThat(fresh(1).range(1, _ -> System.getenv("ENABLE_IPC"))).containsExactly("0");
            System.exit(0);
        }
    }

    private static Parallel fresh(int jobs) {
        return Parallel.builder().backend("fresh-processes").jobs(jobs).build();
    }

    @Test
    void aVariableOfTheParentGoesBeforeTheShareAndOnlyThatVariable() throws Exception {
        ChildJvm.of(OwnVariable.class).environment("MKL_NUM_THREADS", "17").succeeds();
    }

    static final class OwnVariable {
        public static void main(String[] args) {
            String share = Integer.toString(Math.max(Parallel.usableCpus() / 2, 1));
            Map<String, String> inherited = fresh(2).range(2, _ -> limits()).getFirst();
            assertThat(inherited).containsEntry("MKL_NUM_THREADS", "17").containsEntry("OMP_NUM_THREADS", share);

            Parallel said = Parallel.builder()
                    .backend("fresh-processes")
                    .jobs(2)
                    .innerMaxNumThreads(3)
                    .build();
            assertThat(distinct(said.range(1, _ -> limits()))).containsExactly("3");

            Parallel given = Parallel.builder()
                    .backend("fresh-processes")
                    .option("environment", Map.of("OMP_NUM_THREADS", "5", "MORE", "yes"))
                    .jobs(2)
                    .innerMaxNumThreads(3)
                    .build();
            assertThat(given.range(1, _ -> limits()).getFirst())
                    .containsEntry("OMP_NUM_THREADS", "5")
                    .containsEntry("MKL_NUM_THREADS", "3");
            assertThat(given.range(1, _ -> System.getenv("MORE") + System.getenv("ENABLE_IPC")))
                    .containsExactly("yes1");
            System.exit(0);
        }
    }

    @Test
    void anExplicitInnerLimitHoldsByUseAndIsReadBack() {
        OpenMpProbe.assumeBuilt();
        try (OwnWorkers workers = OwnWorkers.create()) {
            Parallel three = workers.call(1).innerMaxNumThreads(3).build();
            assertThat(three.range(2, _ -> OpenMpProbe.threads())).containsOnly(3);
            assertThat(workers.backend().workers()).singleElement().satisfies(worker -> {
                assertThat(worker.environmentLimit()).isEqualTo(3);
                assertThat(worker.residentBytes()).isPositive();
                assertThat(worker.libraries()).isNotEmpty().allSatisfy(library -> {
                    assertThat(library.numThreads()).isEqualTo(3);
                    assertThat(library.file()).startsWith("/");
                    assertThat(library.description()).isNotEmpty();
                });
            });
        }
    }

    @Test
    void anotherLimitReachesTheLivingWorkers() throws Exception {
        OpenMpProbe.assumeBuilt();
        try (OwnWorkers workers = OwnWorkers.create()) {
            Set<Long> before = workers.pids(2);
            for (int inner : new int[] {3, 1, 2, 3}) {
                Parallel parallel = workers.call(2).innerMaxNumThreads(inner).build();
                parallel.range(2, _ -> OpenMpProbe.threads()); // loads it
                assertThat(parallel.range(4, _ -> OpenMpProbe.threads())).containsOnly(inner);
            }
            assertThat(workers.pids(2)).isEqualTo(before);
            assertThat(workers.living()).isEqualTo(before);
        }
    }

    @Test
    void aBlasThatTheParentHasUsedWorksInTheWorkers() {
        OpenMpProbe.assumeBuilt();
        OpenMpProbe.threads(); // its threads are the parent's own
        try (OwnWorkers workers = OwnWorkers.create()) {
            assertThat(workers.call(2).innerMaxNumThreads(2).build().range(2, _ -> OpenMpProbe.threads()))
                    .containsOnly(2);
        }
        assertThat(NativeThreads.info()).isNotEmpty();
    }

    // what it has of its parent

    @Test
    void propertiesOfTheCommandLineAndTheWorkingDirectoryAreTheWorkersToo() throws Exception {
        ChildJvm.of(OfTheCommandLine.class)
                .option("-Dsaid.on=the command line")
                .option("-ea:io.heddle...")
                .succeeds();
    }

    static final class OfTheCommandLine {
        public static void main(String[] args) throws IOException {
            System.setProperty("said.later", "by the program");
            Parallel parallel = Parallel.builder()
                    .backend("processes")
                    .option("jvmOptions", "-Dsaid.to=workers")
                    .jobs(1)
                    .build();
            assertThat(parallel.range(
                            1,
                            _ -> List.of(
                                    System.getProperty("said.on", ""),
                                    System.getProperty("said.to", ""),
                                    System.getProperty("said.later", "unknown"),
                                    Boolean.toString(LokyWorkerCasesTest.class.desiredAssertionStatus()),
                                    Path.of("").toAbsolutePath().toString())))
                    .containsExactly(List.of(
                            "the command line",
                            "workers",
                            "unknown",
                            "true",
                            Path.of("").toAbsolutePath().toString()));
            assertThat(parallel.range(1, _ -> ofItsOwnWorkers()))
                    .containsExactly(List.of("the command line", "workers", "none"));
            System.exit(0);
        }

        /** A worker's own command line shows none of them. */
        private static List<String> ofItsOwnWorkers() {
            try (ProcessesBackend own = ProcessesBackend.create()) {
                return Parallel.builder()
                        .backend(own)
                        .jobs(1)
                        .build()
                        .range(
                                1,
                                _ -> List.of(
                                        System.getProperty("said.on", ""),
                                        System.getProperty("said.to", ""),
                                        System.getProperty(WorkerMain.INTRODUCTION, "none")))
                        .getFirst();
            }
        }
    }

    @Test
    void whatWorkersPrintComesOutHereWithALabel() {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        try (OwnWorkers workers = OwnWorkers.create()) {
            System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
            long pid = workers.jobs(1)
                    .range(1, _ -> {
                        System.out.println("größer 1");
                        System.out.println("line 2");
                        System.err.println("oh no");
                        return OwnWorkers.pid();
                    })
                    .getFirst();
            await().untilAsserted(() -> {
                assertThat(outBytes.toString(StandardCharsets.UTF_8))
                        .contains("[worker " + pid + "] größer 1")
                        .contains("[worker " + pid + "] line 2");
                assertThat(errBytes.toString(StandardCharsets.UTF_8)).contains("[worker " + pid + "] oh no");
            });
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void logRecordsOfWorkersReachTheirLoggersHere() {
        Logger logger = Logger.getLogger("com.acme.model");
        Records records = new Records();
        logger.addHandler(records);
        logger.setUseParentHandlers(false);
        try (OwnWorkers workers = OwnWorkers.create()) {
            long pid = workers.jobs(1)
                    .range(1, _ -> {
                        Logger own = Logger.getLogger("com.acme.model");
                        own.fine("not at this level");
                        own.log(Level.INFO, "fitted {0} of {1}", new Object[] {3, 4});
                        own.log(Level.WARNING, "did not converge", new IllegalStateException("lost"));
                        return OwnWorkers.pid();
                    })
                    .getFirst();
            await().until(() -> records.all.size() == 2);
            assertThat(records.all.get(0).getMessage()).contains("worker " + pid, "fitted 3 of 4");
            assertThat(records.all.get(0).getLevel()).isEqualTo(Level.INFO);
            assertThat(records.all.get(1).getMessage())
                    .contains("worker " + pid, "did not converge", "IllegalStateException: lost");
            assertThat(records.all.get(1).getLevel()).isEqualTo(Level.WARNING);
        } finally {
            logger.removeHandler(records);
            logger.setUseParentHandlers(true);
        }
    }

    private static final class Records extends Handler {
        private final List<LogRecord> all = new CopyOnWriteArrayList<>();

        @Override
        public void publish(LogRecord logRecord) {
            all.add(logRecord);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void theParentsFileForLoggingHasTheLevelsAndItsHandlersAreNotMadeAgain(@TempDir Path folder) throws Exception {
        Path settings = Files.writeString(folder.resolve("logging"), """
                handlers = java.util.logging.FileHandler
                java.util.logging.FileHandler.pattern = %s/log
                com.acme.level = FINE
                com.acme.model.handlers = java.util.logging.FileHandler
                com.acme.model.useParentHandlers = false
                """.formatted(folder));
        ChildJvm.of(Logging.class, folder)
                .option("-Djava.util.logging.config.file=" + settings)
                .succeeds();
    }

    static final class Logging {
        public static void main(String[] args) throws IOException {
            Records records = new Records();
            Logger.getLogger("com.acme.model").addHandler(records);
            List<String> before = files(args[0]);
            fresh(1).range(1, _ -> {
                Logger.getLogger("com.acme.model").fine("of the level");
                Logger.getLogger("com.acme.model").finer("not of the level");
                Logger.getLogger("com.acme.model").info("the last");
                return files(args[0]);
            });
            await().until(() -> records.all.size() == 2);
            assertThat(records.all.getFirst().getMessage()).contains("of the level");
            assertThat(files(args[0])).isEqualTo(before);
            System.exit(0);
        }

        private static List<String> files(String folder) throws IOException {
            try (var files = Files.list(Path.of(folder))) {
                return files.map(Path::toString).sorted().toList();
            }
        }
    }

    @Test
    void inALocaleThatSpellsLittleOutputAndEnvironmentAreWhole() throws Exception {
        ChildJvm.of(PlainLocale.class)
                .environment("LC_ALL", "C")
                .environment("OF_PARENT", "größer")
                .succeeds();
    }

    static final class PlainLocale {
        public static void main(String[] args) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
            String variable = fresh(1).range(1, _ -> {
                        System.out.println("größer");
                        return ofParent();
                    })
                    .getFirst();
            assertThat(variable).isEqualTo(ofParent());
            await().untilAsserted(() ->
                    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("größer"));
            System.exit(0);
        }

        private static String ofParent() throws IOException {
            Path environment = Path.of("/proc/self/environ");
            if (!Files.exists(environment)) {
                return System.getenv("OF_PARENT");
            }
            String all = "\0" + Files.readString(environment, StandardCharsets.ISO_8859_1);
            int value = all.indexOf("\0OF_PARENT=") + "\0OF_PARENT=".length();
            return all.substring(value, all.indexOf('\0', value));
        }
    }

    /** A program whose first word is not java, and a jar with options in its manifest. */
    @ParameterizedTest
    @ValueSource(strings = {"-Dsaid=yes", "-XX:VMOptionsFile=options"})
    void optionsOfAProgramThatIsStartedInOtherWaysAreTheWorkersToo(String option, @TempDir Path folder)
            throws Exception {
        Files.writeString(folder.resolve("options"), "-Dsaid=yes");
        Path program = Files.createSymbolicLink(
                folder.resolve("myapp"), Path.of(System.getProperty("java.home"), "bin", "java"));
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.put(Attributes.Name.MAIN_CLASS, Started.class.getName());
        main.put(
                Attributes.Name.CLASS_PATH,
                Arrays.stream(ChildJvm.absoluteClassPath().split(File.pathSeparator, -1))
                        .map(entry -> Path.of(entry).toUri().toString())
                        .collect(Collectors.joining(" ")));
        main.putValue("Add-Opens", "java.base/java.lang");
        try (OutputStream out = Files.newOutputStream(folder.resolve("app.jar"))) {
            new JarOutputStream(out, manifest).close();
        }
        Path printed = folder.resolve("printed");
        Process process = new ProcessBuilder(
                        program.toString(), option, "-XX:+UseSerialGC", "-Xmx256m", "-jar", "app.jar")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
        try {
            assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(Files.readString(printed)).contains("worker: yes, open: true");
    }

    static final class Started {
        public static void main(String[] args) {
            System.out.println(fresh(1).range(
                            1,
                            _ -> "worker: " + System.getProperty("said") + ", open: "
                                    + String.class.getModule().isOpen("java.lang", Started.class.getModule())));
            System.exit(0);
        }
    }

    @Test
    void tasksKnowWhichTheyAreAndWhoRunsThem() {
        try (OwnWorkers workers = OwnWorkers.create()) {
            List<List<Long>> told = workers.jobs(2).range(20, _ -> {
                TaskContext task = TaskContext.current().orElseThrow();
                return List.of(
                        task.index(), (long) task.worker(), (long) task.nestingLevel(), task.isCancelled() ? 1L : 0);
            });
            for (int i = 0; i < told.size(); i++) {
                assertThat(told.get(i).get(0)).isEqualTo(i);
                assertThat(told.get(i).get(1)).isBetween(0L, 1L);
                assertThat(told.get(i).subList(2, 4)).containsExactly(0L, 0L);
            }
        }
    }

    // who chooses processes

    @Test
    void aHintAndAConstraintChooseProcessesByName() {
        List<Parallel.Builder> builders = List.of(
                Parallel.builder().prefer(Hint.PROCESSES),
                Parallel.builder().require(Constraint.SEPARATE_PROCESSES),
                Parallel.builder().backend("processes"));
        for (Parallel.Builder builder : builders) {
            assertThat(builder.jobs(2).build().range(2, _ -> OwnWorkers.pid())).doesNotContain(OwnWorkers.pid());
        }
        try (var _ = ParallelConfig.create()
                .require(Constraint.SEPARATE_PROCESSES)
                .jobs(2)
                .open()) {
            assertThat(Parallel.create().range(2, _ -> OwnWorkers.pid())).doesNotContain(OwnWorkers.pid());
        }
    }

    @Test
    void theConstraintOfACallReachesTheCallsOfItsTasks() {
        try (var _ = ParallelConfig.create()
                .require(Constraint.SEPARATE_PROCESSES)
                .jobs(1)
                .open()) {
            List<List<Long>> pids = Parallel.create().range(1, _ -> {
                List<Long> all = new ArrayList<>(Parallel.jobs(1).range(1, _ -> OwnWorkers.pid()));
                all.add(OwnWorkers.pid());
                return all;
            });
            assertThat(pids.getFirst()).doesNotHaveDuplicates().doesNotContain(OwnWorkers.pid());
        }
    }

    @Test
    void whereNoJvmCanBeStartedTasksRunOnThreadsWithOneWarning(@TempDir Path folder) throws Exception {
        try (var parts = Files.list(Path.of(System.getProperty("java.home")))) {
            for (Path part : parts.filter(each -> !each.endsWith("bin")).toList()) {
                Files.createSymbolicLink(folder.resolve(part.getFileName()), part);
            }
        }
        ChildJvm.Outcome outcome = ChildJvm.of(WithoutJava.class, folder)
                .timeLimit(Duration.ofSeconds(30))
                .run();
        assertThat(outcome.status()).as("%s", outcome).isZero();
        assertThat(outcome.err()).containsOnlyOnce("Worker processes cannot be had here");
        assertThat(outcome.err()).contains("is missing or not executable");
    }

    static final class WithoutJava {
        public static void main(String[] args) {
            System.setProperty("java.home", args[0]);
            long own = OwnWorkers.pid();
            for (int call = 0; call < 3; call++) {
                assertThat(Parallel.builder()
                                .backend("processes")
                                .jobs(2)
                                .build()
                                .range(2, _ -> OwnWorkers.pid()))
                        .containsOnly(own);
                assertThat(Parallel.builder()
                                .prefer(Hint.PROCESSES)
                                .jobs(2)
                                .build()
                                .range(2, _ -> OwnWorkers.pid()))
                        .containsOnly(own);
            }
            assertThatThrownBy(() -> Parallel.builder()
                            .require(Constraint.SEPARATE_PROCESSES)
                            .jobs(2)
                            .build()
                            .range(2, index -> index))
                    .isInstanceOf(BackendUnavailableException.class);
            assertThatThrownBy(ProcessesBackend::create).isInstanceOf(BackendUnavailableException.class);
            System.exit(0);
        }
    }

    @Test
    void wrongSettingsAreRefusedWithWhatIsAllowed() {
        assertThatThrownBy(() -> Parallel.builder().backend("processes").jobs(0))
                .hasMessageContaining("jobs = 0");
        assertThatThrownBy(() -> Parallel.builder()
                        .backend("processes")
                        .option("context", "fork")
                        .jobs(1)
                        .build()
                        .range(1, index -> index))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("context", "jvmOptions");
        assertThatThrownBy(() -> ProcessesBackend.builder().codec("pickle").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("pickle", "jdk");
        assertThatThrownBy(() -> ProcessesBackend.builder().spareWorkers(-1)).hasMessageContaining("spareWorkers = -1");
        assertThatThrownBy(() -> ProcessesBackend.builder().idleLimit(Duration.ZERO))
                .hasMessageContaining("idleLimit = PT0S");
    }
}
