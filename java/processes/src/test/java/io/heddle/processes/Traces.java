package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What tests of worker processes must not leave: child processes, files. Gives this JVM a temporary folder of its own, so that others' files are not seen. */
final class Traces implements AutoCloseable {
    private static final String TEMPORARY = "java.io.tmpdir";
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private final Path folder;
    private final String before;
    private final Set<Long> childrenBefore;
    private final Set<Path> sharedBefore;

    private Traces(Path folder) throws IOException {
        this.folder = folder;
        this.before = System.getProperty(TEMPORARY);
        this.childrenBefore = Set.copyOf(children());
        this.sharedBefore = shared();
        System.setProperty(TEMPORARY, folder.toString());
    }

    /** From here on. */
    static Traces watch(Path folder) throws IOException {
        return new Traces(Files.createDirectories(folder.resolve("tmp")));
    }

    /** The processes that this one has started and that live. */
    static List<Long> children() {
        try (Stream<ProcessHandle> children = ProcessHandle.current().children()) {
            return children.filter(ProcessHandle::isAlive)
                    .map(ProcessHandle::pid)
                    .toList();
        }
    }

    /** Whether a process still runs. One that has ended and whose parent has not asked for its status is alive to {@link ProcessHandle} only. */
    static boolean runs(ProcessHandle process) {
        if (!process.isAlive()) {
            return false;
        }
        try {
            String status = Files.readString(Path.of("/proc/" + process.pid() + "/stat"), StandardCharsets.ISO_8859_1);
            return !status.substring(status.lastIndexOf(')')).startsWith(") Z");
        } catch (IOException e) { // gone meanwhile, or no Linux
            return process.isAlive();
        }
    }

    List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith("heddle"))
                    .toList();
        }
    }

    private static Set<Path> shared() throws IOException {
        if (!Files.isDirectory(SHARED_MEMORY)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.list(SHARED_MEMORY)) {
            return files.filter(file -> file.getFileName().toString().startsWith("heddle"))
                    .collect(Collectors.toSet());
        }
    }

    /** Asserts that nothing is left, in time. */
    void nothingIsLeft() throws IOException {
        await("no child process")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(children()).isSubsetOf(childrenBefore));
        assertThat(files()).isEmpty();
        assertThat(shared()).isSubsetOf(sharedBefore);
    }

    @Override
    public void close() throws IOException {
        try {
            nothingIsLeft();
        } finally {
            System.setProperty(TEMPORARY, before);
        }
    }
}
