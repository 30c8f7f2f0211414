package io.heddle.openblas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.openblas.ChildJvm.Outcome;
import io.heddle.openblas.EmbeddedFiles.EmbeddedFile;
import io.heddle.openblas.child.OpenInstances;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryCacheTest {
    private static final List<EmbeddedFile> FILES = EmbeddedFiles.locate();
    private static final int ANOTHER_USER = 54321;

    @TempDir
    Path cache;

    @Test
    void unpacksOnceIntoAFolderOfTheUsersOwn() throws IOException {
        List<Path> first = provide();
        FileTime written = Files.getLastModifiedTime(first.getLast());

        assertThat(provide()).isEqualTo(first);
        assertThat(Files.getLastModifiedTime(first.getLast())).isEqualTo(written);
        Path folder = first.getLast().getParent();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
        assertThat(regularFiles()).containsExactlyInAnyOrderElementsOf(first);
    }

    @Test
    void replacesACorruptFile() throws IOException {
        Path library = provide().getLast();
        try (FileChannel channel = FileChannel.open(library, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), Files.size(library) / 2);
        }

        assertThat(provide()).contains(library);
        assertIntact(library);
    }

    @Test
    void replacesATruncatedFile() throws IOException {
        Path library = provide().getLast();
        try (FileChannel channel = FileChannel.open(library, StandardOpenOption.WRITE)) {
            channel.truncate(Files.size(library) / 2);
        }

        assertThat(provide()).contains(library);
        assertIntact(library);
    }

    @Test
    void saysThatADamagedFileIsReplacedAndGoesOn() throws IOException, InterruptedException {
        Path library = provide().getLast();
        Files.writeString(library, "damaged");

        Outcome outcome = ChildJvm.run(cache, ChildJvm.onClassPath());

        assertThat(outcome.output()).contains("WARNING").contains(library + " is damaged");
        assertThat(outcome.exit()).isZero();
        assertIntact(library);
    }

    @Test
    void removesWhatAKilledJvmLeftBehindButNotTheWorkOfALivingOne() throws IOException {
        Path library = provide().getLast();
        Path dead = Files.writeString(library.resolveSibling("libopenblas.so.0.dead.tmp"), "x");
        Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minus(Duration.ofDays(1))));
        Path living = Files.writeString(library.resolveSibling("libopenblas.so.0.living.tmp"), "x");
        Files.delete(library);

        provide();

        assertThat(dead).doesNotExist();
        assertThat(living).exists();
    }

    @Test
    void isSafeWithSeveralJvmsAtOnceOnAnEmptyCache() throws IOException, InterruptedException {
        List<Process> children = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            children.add(ChildJvm.start(cache, ChildJvm.onClassPath()));
        }

        for (Process child : children) {
            Outcome outcome = ChildJvm.await(child);
            assertThat(outcome.exit()).as(outcome.output()).isZero();
        }
        assertThat(regularFiles()).hasSameSizeAs(FILES);
    }

    @Test
    void refusesAFolderThatOthersCanWrite() throws IOException {
        Path folder = provide().getLast().getParent();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThatThrownBy(this::provide)
                .isInstanceOf(OpenBlasException.class)
                .hasMessageContaining(folder + " can be written by other users (mode 777)")
                .hasMessageContaining("HEDDLE_CACHE");
    }

    @Test
    void refusesAFileOfAnotherUser() throws IOException {
        Path library = provide().getLast();
        assumeTrue(isRoot(), "skipped: only root can give a file to another user");
        Files.setAttribute(library, "unix:uid", ANOTHER_USER);

        assertThatThrownBy(this::provide)
                .isInstanceOf(OpenBlasException.class)
                .hasMessageContaining(library + " belongs to user " + ANOTHER_USER);
    }

    @Test
    void namesTheFolderThatCannotBeWritten() {
        Path unwritable = Path.of("/proc/heddle"); // not even root can make a folder there

        assertThatThrownBy(() -> new LibraryCache(unwritable).provide(FILES))
                .isInstanceOf(OpenBlasException.class)
                .hasMessageContaining("/proc/heddle/openblas/")
                .hasMessageContaining("MiB free")
                .hasMessageContaining("HEDDLE_CACHE");
    }

    @Test
    void leavesNothingBehindOnAFullDisk() throws IOException, InterruptedException {
        requireTmpfs();
        Outcome outcome = onTmpfs("8m", ChildJvm.onClassPath());

        assertThat(outcome.exit()).as(outcome.output()).isEqualTo(ChildJvm.REFUSED);
        assertThat(outcome.output().lines())
                .singleElement()
                .asString()
                .contains("No space left on device", cache + "/openblas/", "MiB free", "HEDDLE_CACHE");
    }

    @Test
    void leavesNothingBehindWhenAWriteFails() throws IOException, InterruptedException {
        Outcome outcome = ChildJvm.runInShell(cache, "ulimit -f 4096; exec \"$@\"", ChildJvm.onClassPath());

        assertThat(outcome.exit()).as(outcome.output()).isEqualTo(ChildJvm.REFUSED);
        assertThat(outcome.output()).contains("File too large", "HEDDLE_CACHE");
        assertThat(regularFiles())
                .noneMatch(file -> file.toString().endsWith(".tmp") || file.endsWith("libopenblas.so.0"));
    }

    @Test
    void copiesTheLibraryOnceForEachNumber() throws IOException {
        Path one = provideCopy(1);
        FileTime written = Files.getLastModifiedTime(one);
        Path two = provideCopy(2);

        assertThat(provideCopy(1)).isEqualTo(one);
        assertThat(Files.getLastModifiedTime(one)).isEqualTo(written);
        assertIntact(one);
        assertIntact(two);
        Path original = provide().getLast();
        assertThat(List.of(inode(original), inode(one), inode(two))).doesNotHaveDuplicates();
        assertThat(regularFiles()).hasSize(FILES.size() + 2);
    }

    @Test
    void replacesADamagedCopyByACopyOfARightOriginal() throws IOException {
        Path copy = provideCopy(1);
        Object inode = inode(copy);
        for (Path file : List.of(copy, provide().getLast())) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), Files.size(file) / 2);
            }
        }

        assertThat(provideCopy(1)).isEqualTo(copy);
        assertIntact(copy);
        assertIntact(provide().getLast());
        assertThat(inode(copy)).isNotEqualTo(inode); // who has mapped the damaged one keeps it
    }

    @Test
    void removesWhatAJvmLeftBehindThatWasKilledWhileCopying() throws IOException {
        Path dead = Files.writeString(provide().getLast().resolveSibling("libopenblas-instance1.so.0.dead.tmp"), "x");
        Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minus(Duration.ofDays(1))));

        assertIntact(provideCopy(1));
        assertThat(dead).doesNotExist();
    }

    @Test
    void instancesOfSeveralJvmsAtOnceShareTheCopies() throws IOException, InterruptedException {
        List<Process> children = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            children.add(ChildJvm.start(cache, ChildJvm.onClassPath(OpenInstances.class)));
        }

        for (Process child : children) {
            Outcome outcome = ChildJvm.await(child);
            assertThat(outcome.exit()).as(outcome.output()).isZero();
            assertThat(outcome.output()).contains("libopenblas-instance1.so.0", "libopenblas-instance2.so.0");
        }
        assertThat(regularFiles()).hasSize(FILES.size() + 2);
    }

    @Test
    void leavesNoCopyBehindOnADiskThatHoldsTheOriginalOnly() throws IOException, InterruptedException {
        requireTmpfs();
        Outcome outcome = onTmpfs("60m", ChildJvm.onClassPath(OpenInstances.class));

        assertThat(outcome.exit()).as(outcome.output()).isEqualTo(ChildJvm.REFUSED);
        assertThat(outcome.output().lines().toList())
                .satisfiesExactlyInAnyOrder(
                        message -> assertThat(message)
                                .contains("cannot be copied", "No space left on device", "MiB free", "HEDDLE_CACHE"),
                        left -> assertThat(left).endsWith("libopenblas.so.0"));
    }

    @Test
    void takesTheFolderFromTheEnvironment() {
        assertThat(LibraryCache.rootFrom(Map.of("HEDDLE_CACHE", "/a", "XDG_CACHE_HOME", "/b"), "/home/u"))
                .hasToString("/a");
        assertThat(LibraryCache.rootFrom(Map.of("XDG_CACHE_HOME", "/b"), "/home/u"))
                .hasToString("/b/heddle");
        assertThat(LibraryCache.rootFrom(Map.of("XDG_CACHE_HOME", ""), "/home/u"))
                .hasToString("/home/u/.cache/heddle");
        assertThatThrownBy(() -> LibraryCache.rootFrom(Map.of(), "?"))
                .isInstanceOf(OpenBlasException.class)
                .hasMessageContaining("HEDDLE_CACHE");
        String noName = "/a\0b"; // which no locale can spell
        assertThatThrownBy(() -> LibraryCache.rootFrom(Map.of("HEDDLE_CACHE", noName), "/home/u"))
                .isInstanceOf(OpenBlasException.class)
                .hasMessageContainingAll("HEDDLE_CACHE names", "LC_ALL");
    }

    private void requireTmpfs() throws IOException, InterruptedException {
        Outcome probe =
                ChildJvm.runInShell(cache, "unshare -rm mount -t tmpfs -o size=8m tmpfs \"$HEDDLE_CACHE\"", List.of());
        assumeTrue(probe.exit() == 0, "skipped: no tmpfs in a user namespace (unshare -rm): " + probe.output());
    }

    /** Runs a JVM with its cache on a small disk, and lists the OpenBLAS files it leaves. */
    private Outcome onTmpfs(String size, List<String> command) throws IOException, InterruptedException {
        return ChildJvm.runInShell(
                cache,
                "exec unshare -rm sh -c 'mount -t tmpfs -o size=" + size
                        + " tmpfs \"$HEDDLE_CACHE\" && \"$@\"; status=$?;"
                        + " find \"$HEDDLE_CACHE\" -type f -name \"libopenblas*\"; exit $status' sh \"$@\"",
                command);
    }

    private Path provideCopy(int number) {
        return new LibraryCache(cache).provideCopy(FILES, number);
    }

    private static Object inode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino");
    }

    private List<Path> provide() {
        return new LibraryCache(cache).provide(FILES);
    }

    private List<Path> regularFiles() throws IOException {
        try (Stream<Path> all = Files.walk(cache)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    private static void assertIntact(Path library) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(Files.readAllBytes(library));
        assertThat(crc.getValue()).isEqualTo(FILES.getLast().crc32());
    }

    private static boolean isRoot() throws IOException {
        return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    }
}
