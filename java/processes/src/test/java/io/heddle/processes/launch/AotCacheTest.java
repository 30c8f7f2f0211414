package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.Parallel;
import io.heddle.processes.fixture.Children;
import io.heddle.processes.wire.Connection;
import io.heddle.processes.wire.FrameOutput;
import io.heddle.processes.wire.FrameType;
import io.heddle.processes.worker.WorkerMain;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AotCacheTest {
    private static final Duration LONG = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private Path jar;
    private final List<WorkerProcess> started = new ArrayList<>();
    private final Set<ProcessHandle> childrenBefore = Children.now();

    @BeforeEach
    void jar() throws Exception {
        jar = jar("worker.jar", Connection.class, StandInWorker.class);
    }

    /** A jar of all that is where some classes are; that of a module that Maven has packaged already. */
    private Path jar(String name, Class<?>... types) throws Exception {
        if (types.length == 1 && Files.isRegularFile(LauncherTest.location(types[0]))) {
            return LauncherTest.location(types[0]);
        }
        Path made = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(made);
                JarOutputStream to = new JarOutputStream(out)) {
            for (Class<?> type : types) {
                add(LauncherTest.location(type), to);
            }
        }
        return made;
    }

    private static void add(Path classes, JarOutputStream to) throws IOException {
        try (Stream<Path> files = Files.walk(classes, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".class")).toList()) {
                String name = classes.relativize(file).toString();
                if (!name.equals("module-info.class")) {
                    to.putNextEntry(new JarEntry(name));
                    Files.copy(file, to);
                }
            }
        }
    }

    @AfterEach
    void nothingIsLeft() {
        started.forEach(WorkerProcess::kill);
        Children.awaitNoneBut(childrenBefore);
    }

    private Launcher launcher(String... options) {
        String path = Program.classPath(List.of(jar), folder.toString());
        return new Launcher(
                new LaunchSettings(List.of(options), Map.of(), 0, 1 << 20, LONG),
                new Program(LauncherTest.java(), List.of(jar), path, List.of(), List.of(StandInWorker.class.getName())),
                folder,
                AotCacheTest::session);
    }

    private static void session(WorkerProcess worker) {
        Connection connection = worker.connection();
        try {
            connection.write(new FrameOutput(FrameType.INFO).putString("ok"));
            connection.read();
            connection.write(new FrameOutput(FrameType.INFO).putString("exit"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a new worker uses a cache. */
    private boolean isUsed(Launcher launcher) throws IOException {
        WorkerProcess worker = launcher.launch(0, false, 1);
        started.add(worker);
        worker.connection().write(new FrameOutput(FrameType.INFO).putString("ok"));
        assertThat(worker.connection().read().getText()).isEqualTo("done");
        boolean used =
                Files.readString(Path.of("/proc/" + worker.pid() + "/maps")).contains(".aot");
        worker.kill();
        return used;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("aot"))) {
            return files.filter(file -> !file.endsWith("lock")).toList();
        }
    }

    @Test
    void aCacheIsMadeAndUsedAndMadeAgainForAnotherJar() throws Exception {
        Launcher launcher = launcher();
        assertThat(isUsed(launcher)).isFalse();
        assertThat(launcher.awaitAotCache(LONG)).isTrue();
        assertThat(files()).hasSize(1);
        Path cache = files().getFirst();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
                .isEqualTo("rw-------");
        assertThat(isUsed(launcher)).isTrue();
        assertThat(isUsed(launcher())).isTrue();

        Files.setLastModifiedTime(jar, FileTime.from(Instant.EPOCH));
        assertThat(isUsed(launcher)).isFalse(); // its key is of another jar
        Launcher next = launcher();
        assertThat(isUsed(next)).isFalse();
        assertThat(next.awaitAotCache(LONG)).isTrue();
        assertThat(isUsed(next)).isTrue();
        assertThat(files()).hasSize(2);
    }

    @Test
    void aRealWorkerIsRecorded() throws Exception {
        List<Path> own = List.of(jar("core.jar", Parallel.class), jar("processes.jar", Launcher.class));
        Launcher launcher = new Launcher(
                new LaunchSettings(List.of(), Map.of(), 0, 1 << 20, LONG),
                new Program(
                        LauncherTest.java(),
                        own,
                        Program.classPath(own, ""),
                        List.of(),
                        List.of(WorkerMain.class.getName())),
                folder,
                TrainingSession::run);
        WorkerProcess first = launcher.launch(0, false, 1);
        started.add(first);
        assertThat(launcher.awaitAotCache(LONG)).isTrue();

        WorkerProcess next = launcher.launch(0, false, 1);
        started.add(next);
        assertThat(Files.readString(Path.of("/proc/" + next.pid() + "/maps"))).contains(".aot");
    }

    @Test
    void aBrokenCacheIsTakenAway() throws Exception {
        Launcher launcher = launcher();
        isUsed(launcher);
        assertThat(launcher.awaitAotCache(LONG)).isTrue();
        Path cache = files().getFirst();
        byte[] bytes = Files.readAllBytes(cache);
        bytes[bytes.length / 2] ^= 1;
        Files.write(cache, bytes);
        Files.setLastModifiedTime(cache, FileTime.from(Instant.EPOCH));

        assertThat(isUsed(launcher)).isFalse();
        assertThat(cache).doesNotExist();
        Files.writeString(cache, "nothing of the kind");
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rw-------"));
        assertThat(isUsed(launcher)).isFalse();
    }

    @Test
    void aCacheThatOthersCanWriteIsNotUsed() throws Exception {
        Launcher launcher = launcher();
        isUsed(launcher);
        assertThat(launcher.awaitAotCache(LONG)).isTrue();
        Path cache = files().getFirst();
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.setLastModifiedTime(cache, FileTime.from(Instant.EPOCH));

        assertThat(isUsed(launcher)).isFalse();
    }

    @Test
    void optionsThatNoCacheGoesWith() throws Exception {
        for (String option : List.of(
                "-Xint",
                "-Xshare:auto",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + folder + "/x.jsa")) {
            Launcher launcher = launcher(option);
            assertThat(launcher.awaitAotCache(LONG)).as(option).isFalse();
        }
        assertThat(folder.resolve("aot")).doesNotExist();
    }

    /** What is in a cache is run. */
    @Test
    void aFolderThatOthersCanWriteToIsNotUsed() throws Exception {
        Launcher launcher = launcher();
        assertThat(isUsed(launcher)).isFalse();
        assertThat(launcher.awaitAotCache(LONG)).isTrue();
        assertThat(isUsed(launcher)).isTrue();

        Path aot = folder.resolve("aot");
        Files.setPosixFilePermissions(aot, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(isUsed(launcher)).isFalse();
        assertThat(isUsed(launcher())).isFalse();
        Files.setPosixFilePermissions(aot, PosixFilePermissions.fromString("rwx------"));
        assertThat(isUsed(launcher())).isTrue();
    }
}
