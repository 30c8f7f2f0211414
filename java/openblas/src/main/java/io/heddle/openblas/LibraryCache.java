package io.heddle.openblas;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import io.heddle.openblas.EmbeddedFiles.EmbeddedFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/*
 * The folder is named by its contents (the CRC-32 of each file), so versions lie side by side and a file is either the
 * right one or a damaged one. A file is written under a name of its own and then renamed: readers see all of it or none,
 * and of several JVMs at once the last rename wins with the same contents. Nothing is locked, so nothing stays locked.
 *
 * The CRC-32 guards against damage: for the 41 MB it takes about 10 ms, a SHA-256 three times that. Against other users
 * stand owner and mode of folder and files.
 */
/** The user's folder of unpacked libraries. Thread-safe, and safe with several JVMs at once. */
final class LibraryCache {
    static final String VARIABLE = "HEDDLE_CACHE";

    private static final Logger LOGGER = System.getLogger("io.heddle.openblas");
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final String TEMPORARY_SUFFIX = ".tmp";
    private static final Duration LEFT_OVER_AFTER = Duration.ofHours(1);
    private static final int ROOT_USER = 0;
    /** In such a folder, /tmp for one, others cannot rename or remove what is not theirs. */
    private static final int STICKY = 01000;

    private static final int WRITABLE_BY_OTHERS = 0002;
    private static final int WRITABLE_BY_GROUP_OR_OTHERS = 0022;

    private final Path root;

    LibraryCache(Path root) {
        this.root = root;
    }

    /** The cache folder that the environment names. */
    static LibraryCache ofUser() {
        return new LibraryCache(rootFrom(System.getenv(), System.getProperty("user.home", "")));
    }

    Path root() {
        return root;
    }

    static Path rootFrom(Map<String, String> environment, String home) {
        String own = environment.getOrDefault(VARIABLE, "");
        if (!own.isEmpty()) {
            return folder(VARIABLE, own).toAbsolutePath();
        }
        String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        if (xdg.startsWith("/")) {
            return folder("XDG_CACHE_HOME", xdg).resolve("heddle");
        }
        if (home.startsWith("/")) {
            return folder("user.home", home).resolve(Path.of(".cache", "heddle"));
        }
        throw new OpenBlasException(
                "The embedded OpenBLAS has no cache folder, as the user has no home folder (user.home is \"" + home
                        + "\"). Set " + VARIABLE + " to a folder of the user's own.");
    }

    private static Path folder(String source, String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new OpenBlasException(
                    "The cache folder cannot be \"" + name + "\", which " + source
                            + " names: this locale cannot spell it. Start the JVM with LC_ALL=C.UTF-8, or set "
                            + VARIABLE
                            + " to a folder whose name is ASCII.",
                    e);
        }
    }

    /** The files, right in size and contents, in the order given; those that are absent or damaged are unpacked first. */
    List<Path> provide(List<EmbeddedFile> files) {
        Path folder = folderOf(files);
        try {
            createFolder(folder);
            List<Path> paths = new ArrayList<>();
            for (EmbeddedFile file : files) {
                Path path = folder.resolve(file.name());
                if (!isIntact(path, file)) {
                    unpack(file, folder);
                }
                paths.add(path);
            }
            return paths;
        } catch (IOException e) {
            throw failed("unpacked", folder, e);
        }
    }

    /** A copy of the last of the files, the library itself, right in size and contents; made or replaced first if it has to be. */
    Path provideCopy(List<EmbeddedFile> files, int number) {
        EmbeddedFile library = files.getLast();
        Path folder = folderOf(files);
        String name = "libopenblas-instance" + number + ".so.0";
        Path copy = folder.resolve(name);
        try {
            createFolder(folder);
            if (!isIntact(copy, library)) {
                copy(provide(files).getLast(), library, folder, name);
            }
            return copy;
        } catch (IOException e) {
            throw failed("copied", folder, e);
        }
    }

    private Path folderOf(List<EmbeddedFile> files) {
        String contents = files.stream()
                .map(file -> HexFormat.of().toHexDigits((int) file.crc32()))
                .collect(Collectors.joining("-"));
        return openblasFolder().resolve(contents);
    }

    private Path openblasFolder() {
        return root.resolve("openblas");
    }

    private void createFolder(Path folder) throws IOException {
        Files.createDirectories(root);
        requireTrusted(root, WRITABLE_BY_OTHERS);
        createOwn(openblasFolder());
        createOwn(folder);
    }

    private OpenBlasException failed(String what, Path folder, IOException e) {
        return new OpenBlasException(
                "The embedded OpenBLAS cannot be " + what + " into " + folder + " (" + freeSpace() + "): " + e
                        + ". Make room, make the folder writable, or set " + VARIABLE + " to another folder.",
                e);
    }

    private static void createOwn(Path folder) throws IOException {
        try {
            Files.createDirectory(folder, OWNER_ONLY);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder, NOFOLLOW_LINKS)) {
                throw e;
            }
        }
        requireTrusted(folder, WRITABLE_BY_GROUP_OR_OTHERS, NOFOLLOW_LINKS);
    }

    /** A library from a file that another user can write is that user's code, run with this user's rights. */
    private static void requireTrusted(Path path, int forbiddenMode, LinkOption... options) throws IOException {
        int owner = (int) Files.getAttribute(path, "unix:uid", options);
        int self = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        if (owner != self && owner != ROOT_USER) {
            throw new OpenBlasException("The embedded OpenBLAS: " + path + " belongs to user " + owner
                    + ", not to this user (" + self + "), so libraries in it are not trusted. Set " + VARIABLE
                    + " to a folder of the user's own.");
        }
        int mode = (int) Files.getAttribute(path, "unix:mode", options);
        if ((mode & forbiddenMode) != 0 && (mode & STICKY) == 0) {
            throw new OpenBlasException("The embedded OpenBLAS: " + path + " can be written by other users (mode "
                    + Integer.toOctalString(mode & 07777)
                    + "), so libraries in it are not trusted. Take the right away (chmod go-w "
                    + path + ") or set " + VARIABLE + " to a folder of the user's own.");
        }
    }

    private static boolean isIntact(Path path, EmbeddedFile file) throws IOException {
        if (!Files.exists(path, NOFOLLOW_LINKS)) {
            return false;
        }
        if (Files.isRegularFile(path, NOFOLLOW_LINKS)) {
            requireTrusted(path, WRITABLE_BY_GROUP_OR_OTHERS, NOFOLLOW_LINKS);
            if (isRight(path, file)) {
                return true;
            }
        }
        LOGGER.log(Level.WARNING, "{0} is damaged (not the file of {1}); it is replaced.", path, file.url());
        return false;
    }

    private static boolean isRight(Path path, EmbeddedFile file) throws IOException {
        if (Files.size(path) != file.size()) {
            return false;
        }
        CRC32 crc = new CRC32();
        try (InputStream in = new CheckedInputStream(Files.newInputStream(path), crc)) {
            drain(in);
        }
        return crc.getValue() == file.crc32();
    }

    private static void unpack(EmbeddedFile file, Path folder) throws IOException {
        write(folder, file.name(), temporary -> {
            CRC32 crc = new CRC32();
            try (InputStream in = new CheckedInputStream(file.open(), crc);
                    OutputStream out = Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW)) {
                in.transferTo(out);
            }
            if (Files.size(temporary) != file.size() || crc.getValue() != file.crc32()) {
                throw new IOException(
                        file.url() + " does not unpack to the size and checksum it states; the jar is damaged");
            }
        });
    }

    /**
     * Copies the bytes: a hard link would be the same inode, which the dynamic linker takes for the same library. On Linux {@code Files.copy}
     * is copy_file_range(2) (seen by strace in JDK 25), which shares the blocks of both files where the file system can (Btrfs, XFS).
     */
    private static void copy(Path original, EmbeddedFile file, Path folder, String name) throws IOException {
        write(folder, name, temporary -> {
            Files.copy(original, temporary);
            if (!isRight(temporary, file)) {
                throw new IOException(original + " was changed while it was copied; try again");
            }
        });
    }

    private interface Writer {
        void write(Path temporary) throws IOException;
    }

    private static void write(Path folder, String name, Writer writer) throws IOException {
        removeLeftOvers(folder);
        Path temporary = folder.resolve(name + "." + UUID.randomUUID() + TEMPORARY_SUFFIX);
        try {
            writer.write(temporary);
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(temporary, folder.resolve(name), ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** What a killed JVM left behind. Another JVM may be at work right now, hence the age. */
    private static void removeLeftOvers(Path folder) throws IOException {
        Instant old = Instant.now().minus(LEFT_OVER_AFTER);
        try (DirectoryStream<Path> leftOvers = Files.newDirectoryStream(folder, "*" + TEMPORARY_SUFFIX)) {
            for (Path leftOver : leftOvers) {
                if (Files.getLastModifiedTime(leftOver).toInstant().isBefore(old)) {
                    Files.deleteIfExists(leftOver);
                }
            }
        } catch (NoSuchFileException e) {
            // Another JVM removed it first.
            return;
        }
    }

    private static void drain(InputStream in) throws IOException {
        byte[] buffer = new byte[1 << 20];
        int read = 0;
        while (read >= 0) {
            read = in.read(buffer);
        }
    }

    private String freeSpace() {
        Path existing = root;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        try {
            return Files.getFileStore(existing).getUsableSpace() / (1 << 20) + " MiB free";
        } catch (IOException e) {
            return "free space unknown";
        }
    }
}
