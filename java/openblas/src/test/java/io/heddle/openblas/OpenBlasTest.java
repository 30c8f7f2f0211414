package io.heddle.openblas;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.heddle.openblas.ChildJvm.Outcome;
import io.heddle.openblas.EmbeddedFiles.EmbeddedFile;
import io.heddle.openblas.child.OpenInstances;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenBlasTest {
    private static final int ROW_MAJOR = 101;
    private static final int NO_TRANSPOSE = 111;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;

    @TempDir
    Path folder;

    @Test
    void computesARightProduct() throws Throwable {
        MethodHandle dgemm = OpenBlas.shared()
                .downcall(
                        "cblas_dgemm",
                        FunctionDescriptor.ofVoid(
                                JAVA_INT,
                                JAVA_INT,
                                JAVA_INT,
                                JAVA_INT,
                                JAVA_INT,
                                JAVA_INT,
                                JAVA_DOUBLE,
                                POINTER,
                                JAVA_INT,
                                POINTER,
                                JAVA_INT,
                                JAVA_DOUBLE,
                                POINTER,
                                JAVA_INT));
        int n = 67;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = arena.allocate(JAVA_DOUBLE, (long) n * n);
            MemorySegment b = arena.allocate(JAVA_DOUBLE, (long) n * n);
            MemorySegment c = arena.allocate(JAVA_DOUBLE, (long) n * n);
            for (int i = 0; i < n * n; i++) {
                a.setAtIndex(JAVA_DOUBLE, i, Math.sin(i));
                b.setAtIndex(JAVA_DOUBLE, i, Math.cos(i));
            }
            dgemm.invokeExact(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, n, n, n, 1.0, a, n, b, n, 0.0, c, n);
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    double expected = 0;
                    for (int k = 0; k < n; k++) {
                        expected += Math.sin(i * n + k) * Math.cos(k * n + j);
                    }
                    assertThat(c.getAtIndex(JAVA_DOUBLE, i * n + j)).isEqualTo(expected, within(1e-12));
                }
            }
        }
    }

    @Test
    void isOpenedOnceForAllThreads() throws InterruptedException {
        Set<OpenBlas> seen = ConcurrentHashMap.newKeySet();
        List<Thread> threads = IntStream.range(0, 8)
                .mapToObj(i -> Thread.ofPlatform().start(() -> seen.add(OpenBlas.shared())))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(seen).hasSize(1);
    }

    @Test
    void namesTheSymbolThatIsAbsent() {
        assertThatThrownBy(() -> OpenBlas.shared().downcall("no_such_symbol", FunctionDescriptor.ofVoid()))
                .isInstanceOf(NoSuchElementException.class)
                .hasMessageContaining("no_such_symbol")
                .hasMessageContaining("libopenblas");
    }

    @Test
    void opensALibraryOfTheUsersOwn() {
        OpenBlas shared = OpenBlas.shared();
        assertThat(OpenBlas.open(shared.path()).path()).isEqualTo(shared.path());
    }

    @Test
    void refusesWhatIsNotAnOpenBlas() throws IOException {
        assertThatThrownBy(() -> OpenBlas.open(folder.resolve("absent.so")))
                .isInstanceOf(OpenBlasException.class)
                .hasMessageContaining("absent.so")
                .hasMessageContaining("no such file");

        Path text = Files.writeString(folder.resolve("text.so"), "not a library");
        assertThatThrownBy(() -> OpenBlas.open(text))
                .isInstanceOf(OpenBlasException.class)
                .hasMessageContaining("text.so");

        Path quadmath = OpenBlas.shared().path().resolveSibling("libquadmath.so.0");
        assertThatThrownBy(() -> OpenBlas.open(quadmath))
                .isInstanceOf(OpenBlasException.class)
                .hasMessageContaining("not an OpenBLAS");
    }

    @Test
    void isFoundOnTheModulePathWithoutItsJavaHalf() throws IOException, InterruptedException {
        Outcome outcome = ChildJvm.run(folder, ChildJvm.onModulePath());

        assertThat(outcome.exit()).as(outcome.output()).isZero();
        assertThat(outcome.output()).startsWith(folder.toString()).endsWith("libopenblas.so.0");
    }

    @Test
    void isFoundInAFatJar() throws IOException, InterruptedException {
        Path jar = folder.resolve("application with everything.jar");
        writeFatJar(jar);

        Outcome outcome = ChildJvm.run(folder, ChildJvm.onFatJar(jar, OpenInstances.class));

        assertThat(outcome.exit()).as(outcome.output()).isZero();
        assertThat(outcome.output()).contains("libopenblas-instance1.so.0", "libopenblas-instance2.so.0");
    }

    /** All classes of the class path's folders, and OpenBLAS' native files, as one jar. */
    private static void writeFatJar(Path jar) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.setLevel(Deflater.BEST_SPEED);
            for (EmbeddedFile file : EmbeddedFiles.locate()) {
                out.putNextEntry(new JarEntry("org/bytedeco/openblas/linux-x86_64/" + file.name()));
                try (InputStream in = file.open()) {
                    in.transferTo(out);
                }
            }
            for (Path entry : ChildJvm.classPath().map(Path::of).toList()) {
                if (Files.isDirectory(entry)) {
                    writeClasses(entry, out);
                } else if (entry.getFileName().toString().startsWith("heddle-core")) {
                    try (FileSystem inside = FileSystems.newFileSystem(entry)) {
                        writeClasses(inside.getPath("/"), out);
                    }
                }
            }
        }
    }

    private static void writeClasses(Path root, JarOutputStream out) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = root.relativize(file).toString();
                if (name.startsWith("io/heddle/")) {
                    out.putNextEntry(new JarEntry(name));
                    Files.copy(file, out);
                }
            }
        }
    }

    @Test
    void namesTheArtifactThatIsAbsent() throws IOException, InterruptedException {
        Outcome outcome = ChildJvm.run(folder, ChildJvm.onClassPathWithoutBytedeco());

        assertThat(outcome.exit()).as(outcome.output()).isEqualTo(ChildJvm.REFUSED);
        assertThat(outcome.output()).contains("org.bytedeco:openblas").contains("linux-x86_64");
    }
}
