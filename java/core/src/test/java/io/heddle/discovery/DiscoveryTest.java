package io.heddle.discovery;

import static io.heddle.fixture.FakeOpenBlas.DEFAULT_THREADS;
import static io.heddle.fixture.NativeFiles.built;
import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.NativeThreads;
import io.heddle.bindings.LibC;
import io.heddle.control.LibraryInfo;
import io.heddle.ffi.NativeLibrary;
import io.heddle.fixture.ChildJvm;
import io.heddle.fixture.FakeOpenBlas;
import io.heddle.limit.ThreadLimit;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which libraries are found, however and whenever they were loaded. Each scenario in a process of its own. */
class DiscoveryTest {
    private static final String FAKE = "libopenblas_fake.so";

    @TempDir
    Path folder;

    private Path copy(String name) throws IOException {
        return copy(FAKE, name);
    }

    private Path copy(String built, String name) throws IOException {
        return Files.copy(built(built), folder.resolve(name));
    }

    @Test
    void aProcessWithoutNumericLibrariesHasNothingToLimit() throws Exception {
        ChildJvm.of(NothingLoaded.class).succeeds();
    }

    static final class NothingLoaded {
        public static void main(String[] args) {
            assertThat(NativeThreads.info()).isEmpty();
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).isEmpty();
            }
        }
    }

    @Test
    void aLibraryLoadedLaterIsFoundByTheNextLimitAndByRefresh() throws Exception {
        ChildJvm.of(LoadedLater.class, copy("libopenblas_a.so"), copy("libopenblas_b.so"))
                .succeeds();
    }

    static final class LoadedLater {
        public static void main(String[] args) {
            ThreadLimit outer = NativeThreads.limit(2);
            FakeOpenBlas first = FakeOpenBlas.open(Path.of(args[0]));
            assertThat(NativeThreads.info()).hasSize(1);
            assertThat(first.threads()).isEqualTo(DEFAULT_THREADS);
            outer.refresh();
            assertThat(first.threads()).isEqualTo(2);
            assertThat(outer.applied()).singleElement().satisfies(applied -> {
                assertThat(applied.asked()).isEqualTo(2);
                assertThat(applied.inForce()).isEqualTo(2);
            });

            FakeOpenBlas second = FakeOpenBlas.open(Path.of(args[1]));
            try (ThreadLimit inner = NativeThreads.limit(1)) {
                assertThat(inner.applied()).hasSize(2);
                assertThat(first.threads()).isEqualTo(1);
                assertThat(second.threads()).isEqualTo(1);
            }
            assertThat(first.threads()).isEqualTo(2);
            assertThat(second.threads()).isEqualTo(2); // the outer limit took it in when the inner one opened
            outer.close();
            assertThat(first.threads()).isEqualTo(DEFAULT_THREADS);
            assertThat(second.threads()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void linksSpacesAndForeignLettersInAPathDoNotHideALibrary() throws Exception {
        Path plain = copy("libopenblas_plain.so");
        Path link = Files.createSymbolicLink(folder.resolve("libblas.so.3"), plain.getFileName());
        Path odd = Files.copy(
                plain,
                Files.createDirectories(folder.resolve("mit Leerzeichen")).resolve("libopenblas.so"));
        Path foreign = Files.copy(
                plain, Files.createDirectories(folder.resolve("größer 線形代数")).resolve("libopenblas_größer.so"));
        ChildJvm.of(OddPaths.class, link, odd, foreign).succeeds();
    }

    static final class OddPaths {
        public static void main(String[] args) throws IOException {
            for (String file : args) {
                FakeOpenBlas fake = FakeOpenBlas.open(Path.of(file));
                Path real = Path.of(file).toRealPath();
                assertThat(NativeThreads.info()).extracting(LibraryInfo::path).contains(real);
                try (ThreadLimit limit = NativeThreads.limit(3)) {
                    assertThat(limit.threads()).isEqualTo(3);
                    assertThat(fake.threads()).isEqualTo(3);
                }
                assertThat(fake.threads()).isEqualTo(DEFAULT_THREADS);
            }
            assertThat(NativeThreads.info()).hasSize(args.length);
        }
    }

    @Test
    void aFileNameThatTheLocaleCannotSpellIsLimitedAllTheSame() throws Exception {
        copy("libopenblas_größer.so");
        ChildJvm.of(UnspellableName.class, folder).environment("LC_ALL", "C").succeeds();
    }

    static final class UnspellableName {
        public static void main(String[] args) {
            String name = args[0] + "/libopenblas_größer.so";
            dlopen(name, StandardCharsets.UTF_8);
            FakeOpenBlas fake = FakeOpenBlas.of(NativeLibrary.loaded(raw(name)).orElseThrow());
            assertThat(NativeThreads.info())
                    .singleElement()
                    .satisfies(info -> assertThat(info.path().toString()).contains("libopenblas_gr"));
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(fake.threads()).isEqualTo(1);
            }
            assertThat(fake.threads()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void aFileNameThatIsNoUtf8HidesNeitherItsLibraryNorTheNext() throws Exception {
        copy("libheddle_thread_limit_jni.so", "libother.so"); // no BLAS
        copy("libopenblas_after.so");
        // Java spells file names in the locale's charset: the shell writes the byte.
        Process shell = new ProcessBuilder(
                        "sh", "-c", "cp libopenblas_after.so \"$(printf 'libopenblas_\\351\\351\\351.so')\"")
                .directory(folder.toFile())
                .inheritIO()
                .start();
        assertThat(shell.waitFor()).isZero();
        ChildJvm.of(LatinName.class, folder).succeeds();
    }

    static final class LatinName {
        public static void main(String[] args) {
            dlopen(
                    args[0] + "/libother.so",
                    StandardCharsets.UTF_8); // no library of the JVM shall come between the two
            dlopen(args[0] + "/libopenblas_ééé.so", StandardCharsets.ISO_8859_1);
            FakeOpenBlas after = FakeOpenBlas.open(Path.of(args[0], "libopenblas_after.so"));
            assertThat(NativeThreads.info()).hasSize(2);
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(2);
                assertThat(after.threads()).isEqualTo(1);
            }
        }
    }

    @Test
    void aLibraryWhoseFileWasDeletedAfterLoadingIsStillLimited() throws Exception {
        ChildJvm.of(Deleted.class, copy("libopenblas_deleted.so")).succeeds();
    }

    static final class Deleted {
        public static void main(String[] args) throws IOException {
            Path file = Path.of(args[0]);
            FakeOpenBlas fake = FakeOpenBlas.open(file);
            Files.delete(file);
            assertThat(NativeThreads.info()).extracting(LibraryInfo::path).containsExactly(file);
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(fake.threads()).isEqualTo(1);
            }
            assertThat(fake.threads()).isEqualTo(DEFAULT_THREADS);
        }
    }

    @Test
    void copiesOfOneLibraryAreToldApartByTheirFiles() throws Exception {
        ChildJvm.of(Copies.class, copy("libopenblas_1.so"), copy("libopenblas_2.so"), copy("libopenblas_3.so"))
                .succeeds();
    }

    static final class Copies {
        public static void main(String[] args) {
            List<FakeOpenBlas> copies = new ArrayList<>();
            for (String file : args) {
                copies.add(FakeOpenBlas.open(Path.of(file)));
                copies.getLast().setThreads(copies.size() + 3);
            }
            Path second = Path.of(args[1]);
            try (ThreadLimit limit =
                    NativeThreads.select(info -> info.path().equals(second)).limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(copies).extracting(FakeOpenBlas::threads).containsExactly(4, 1, 6);
            }
            try (ThreadLimit limit = NativeThreads.limit(2)) {
                assertThat(limit.applied())
                        .extracting(applied -> applied.library().path().toString())
                        .containsExactlyInAnyOrder(args);
                assertThat(copies).extracting(FakeOpenBlas::threads).containsExactly(2, 2, 2);
            }
            assertThat(copies).extracting(FakeOpenBlas::threads).containsExactly(4, 5, 6);
        }
    }

    @Test
    void aLibraryThatItsOwnerClosesUnderALimitStaysSafeToCall() throws Exception {
        ChildJvm.of(ClosedByOwner.class, copy("libopenblas_closed.so")).succeeds();
    }

    static final class ClosedByOwner {
        public static void main(String[] args) {
            MemorySegment handle = dlopen(args[0], StandardCharsets.UTF_8);
            try (ThreadLimit limit = NativeThreads.limit(1)) {
                assertThat(limit.applied()).hasSize(1);
                assertThat(LibC.dlclose(handle)).isZero();
            }
            assertThat(NativeThreads.info())
                    .singleElement()
                    .satisfies(info -> assertThat(info.threads()).hasValue(DEFAULT_THREADS));
        }
    }

    @Test
    void librariesThatComeAndGoOnOtherThreadsNeitherBlockNorCrashNorHide() throws Exception {
        built(FAKE);
        Path source = copy("source.so");
        Path other = copy("libheddle_thread_limit_jni.so", "other.so");
        for (int i = 0; i < ComeAndGo.FILES; i++) {
            Files.copy(source, folder.resolve("libopenblas_" + i + ".so"));
            Files.copy(other, folder.resolve("libother_" + i + ".so"));
        }
        ChildJvm.of(ComeAndGo.class, folder).option("-Xmx512m").succeeds();
    }

    static final class ComeAndGo {
        static final int FILES = 150;
        private static final int LOADERS = 3;

        public static void main(String[] args) throws Exception {
            AtomicBoolean loading = new AtomicBoolean(true);
            try (ExecutorService threads = Executors.newCachedThreadPool()) {
                List<Future<?>> watchers = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    watchers.add(threads.submit(() -> {
                        while (loading.get()) {
                            try (ThreadLimit limit = NativeThreads.limit(2)) {
                                limit.refresh();
                                NativeThreads.info();
                            }
                        }
                    }));
                }
                List<Future<?>> loaders = IntStream.range(0, LOADERS)
                        .<Future<?>>mapToObj(loader -> threads.submit(() -> loadAndClose(args[0], loader)))
                        .toList();
                for (Future<?> loader : loaders) {
                    loader.get();
                }
                loading.set(false);
                for (Future<?> watcher : watchers) {
                    watcher.get();
                }
            }
            List<String> expected = IntStream.range(0, FILES)
                    .mapToObj(i -> "libopenblas_" + i + ".so")
                    .toList();
            assertThat(NativeThreads.info())
                    .extracting(info -> info.path().getFileName().toString())
                    .containsExactlyInAnyOrderElementsOf(expected);
            assertThat(NativeThreads.info())
                    .allSatisfy(info -> assertThat(info.threads()).hasValue(DEFAULT_THREADS));
        }

        private static void loadAndClose(String folder, int loader) {
            for (int i = loader; i < FILES; i += LOADERS) {
                for (int round = 0; round < 8; round++) {
                    LibC.dlclose(dlopen(folder + "/libother_" + i + ".so", StandardCharsets.UTF_8));
                    LibC.dlclose(dlopen(folder + "/libopenblas_" + i + ".so", StandardCharsets.UTF_8));
                }
                dlopen(folder + "/libopenblas_" + i + ".so", StandardCharsets.UTF_8);
            }
        }
    }

    /**
     * The flight recorder lists the loaded libraries inside the JVM and waits for the loader's lock there: whoever held that lock in Java
     * code would wait for the safepoint, and the safepoint for the flight recorder.
     */
    @Test
    void theFlightRecorderMayListTheLibrariesAtTheSameTime() throws Exception {
        ChildJvm.of(FlightRecorder.class).timeLimit(Duration.ofSeconds(30)).succeeds();
    }

    static final class FlightRecorder {
        public static void main(String[] args) throws Exception {
            try (Recording recording = new Recording()) {
                recording.enable("jdk.NativeLibrary").withPeriod(Duration.ofMillis(1));
                recording.start();
                List<Thread> threads = IntStream.range(0, 2)
                        .mapToObj(i -> Thread.ofPlatform().start(() -> {
                            for (int round = 0; round < 200_000; round++) {
                                NativeThreads.limit(1).close();
                            }
                        }))
                        .toList();
                for (Thread thread : threads) {
                    while (!thread.join(Duration.ofMillis(10))) {
                        System.gc(); // a safepoint
                    }
                }
            }
        }
    }

    /** One character for each byte. */
    private static String raw(String name) {
        return new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static MemorySegment dlopen(String name, Charset charset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = LibC.dlopen(arena.allocateFrom(name, charset), LibC.RTLD_NOW() | LibC.RTLD_LOCAL());
            assertThat(handle.address()).as("dlopen %s", name).isNotZero();
            return handle;
        }
    }
}
