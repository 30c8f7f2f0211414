package io.heddle.processes.launch;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/*
 * <cache>/aot/<key>-<checksum>.aot. The key is of the JVM, its options, and the jars with their content; the checksum is of the file.
 * Both matter: JDK 25 believes what it maps, and takes classes from it that their jar does not have any more. A cache is made beside, made
 * readable for its user alone, and renamed. JVMs that have mapped a file that is deleted keep it.
 *
 * It is made in two steps, by children of this process, so that this process can end them both when it ends: a worker records what it
 * loads, then a JVM makes the cache of that.
 */
/** What the JVM knows beforehand about Heddle's classes (JEP 483, 514, 515): worker JVMs start in half the time. Thread-safe. */
final class AotCache {
    private static final int MOST_FILES = 8;

    /** A jar ends with the checksums of all that is in it; all of Heddle's fit in this. */
    private static final long JAR_END_BYTES = 4 << 20;

    private static final int READ_BYTES = 1 << 20;

    /** Held while one is made. */
    private static final ReentrantLock MAKING = new ReentrantLock();

    /** Those that this JVM makes, has made or could not make; by folder and key. */
    private static final Map<String, CompletableFuture<Boolean>> TRAININGS = new ConcurrentHashMap<>();

    /** The files whose content was checked, as they were then. */
    private static final Map<Path, FileTime> CHECKED = new ConcurrentHashMap<>();

    private final Path folder;
    private final List<Path> jars;
    private final List<String> stamps;
    private final String key;
    private final Recipe recipe;

    /** How a cache is made. */
    interface Recipe {
        /** Runs a worker that records what it loads; returns when it has ended. */
        void record(Path configuration) throws IOException, InterruptedException;

        /** Makes a cache of that. */
        void create(Path configuration, Path cache) throws IOException, InterruptedException;

        /** Ends at once what one of the two has started. */
        void stop();
    }

    /**
     * A cache, there or not.
     *
     * @param facts what it depends on beside the JVM and the jars
     * @param jars where the classes in it come from
     * @throws IOException if a jar cannot be read
     */
    AotCache(Path cacheRoot, List<String> facts, List<Path> jars, Recipe recipe) throws IOException {
        this.folder = cacheRoot.resolve("aot");
        this.jars = jars;
        this.stamps = stamps(jars);
        this.key = key(facts, jars);
        this.recipe = recipe;
    }

    /** Asked for where something is to be said: loading it costs a new program milliseconds. */
    private static System.Logger logger() {
        return System.getLogger("io.heddle");
    }

    /** The key of what a cache depends on. */
    private static String key(List<String> facts, List<Path> jars) throws IOException {
        List<String> all = new ArrayList<>(facts);
        for (String property : List.of("java.home", "java.vm.name", "java.vm.vendor", "java.vm.version", "os.arch")) {
            all.add(System.getProperty(property, ""));
        }
        all.addAll(stamps(jars));
        for (Path jar : jars) {
            all.add(checksum(jar, JAR_END_BYTES));
        }
        // FNV-1a: loading a message digest costs a new program 30 ms.
        long hash = 0xcbf29ce484222325L;
        for (byte next : String.join("\0", all).getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (next & 0xFF)) * 0x100000001b3L;
        }
        return HexFormat.of().toHexDigits(hash);
    }

    private static List<String> stamps(List<Path> jars) throws IOException {
        List<String> stamps = new ArrayList<>();
        for (Path jar : jars) {
            stamps.add(jar + " " + Files.size(jar) + " "
                    + Files.getLastModifiedTime(jar).to(TimeUnit.NANOSECONDS));
        }
        return stamps;
    }

    /** The cache, if there is one; what is broken is deleted. */
    @Nullable
    Path file() {
        if (!isOfTheseJars() || !Files.isDirectory(folder) || CacheFolder.trusted(folder) == null) {
            return null;
        }
        try {
            String[] names = folder.toFile().list();
            for (String name : names == null ? new String[0] : names) {
                if (!name.startsWith(key + "-") || !name.endsWith(".aot")) {
                    continue;
                }
                Path file = folder.resolve(name);
                if (isSound(file)) {
                    return file;
                }
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            logger().log(Level.DEBUG, () -> "No AOT cache can be read from " + folder, e);
        }
        return null;
    }

    /** Whether the jars are still those of the key: the JVM (25) takes classes from a cache whatever has become of their jar. */
    private boolean isOfTheseJars() {
        try {
            return stamps(jars).equals(stamps);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isSound(Path file) throws IOException {
        FileTime modified = Files.getLastModifiedTime(file);
        if (modified.equals(CHECKED.get(file))) {
            return true;
        }
        Path self = Path.of("/proc/self");
        if (Files.exists(self)) { // what another can write is not to be run
            PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
            if (!attributes.owner().equals(Files.getOwner(self))
                    || attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
                    || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
                return false;
            }
        }
        if (!String.valueOf(file.getFileName()).endsWith("-" + checksum(file, Long.MAX_VALUE) + ".aot")) {
            return false;
        }
        CHECKED.put(file, modified);
        return true;
    }

    /** Of the end of a file. It is read, not mapped: a program's first mapping costs it 30 ms. */
    private static String checksum(Path file, long mostBytes) throws IOException {
        CRC32C sum = new CRC32C();
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(Math.max(0, in.length() - mostBytes));
            byte[] bytes = new byte[(int) Math.min(in.length() - in.getFilePointer(), READ_BYTES)];
            for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
                sum.update(bytes, 0, count);
            }
        }
        return HexFormat.of().toHexDigits((int) sum.getValue());
    }

    /** Takes a cache away with which a worker did not start; none is made again by this JVM. */
    void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            logger().log(Level.DEBUG, () -> "The AOT cache " + file + " is of no use and cannot be deleted", e);
        }
        TRAININGS.putIfAbsent(id(), CompletableFuture.completedFuture(false));
    }

    private String id() {
        return folder.resolve(key).toString();
    }

    /** Begins to make one in the background, if no one does. */
    @SuppressWarnings("ThreadPriorityCheck") // a hint that it is in no hurry
    void train() {
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        if (TRAININGS.putIfAbsent(id(), result) != null) {
            return;
        }
        Thread thread = Thread.ofPlatform()
                .daemon()
                .name("heddle-aot-cache")
                .priority(Thread.MIN_PRIORITY)
                .inheritInheritableThreadLocals(false)
                .unstarted(() -> {
                    boolean made = false;
                    try {
                        made = make();
                    } catch (IOException | InterruptedException | RuntimeException e) {
                        logger().log(Level.DEBUG, "No AOT cache could be made; worker JVMs start without", e);
                    } finally {
                        result.complete(made);
                    }
                });
        thread.start();
    }

    /** Waits until this JVM's attempt is over; whether there is a cache then. */
    boolean await(Duration limit) throws InterruptedException {
        CompletableFuture<Boolean> training = TRAININGS.get(id());
        if (training != null) {
            try {
                training.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException | ExecutionException e) {
                return false;
            }
        }
        return file() != null;
    }

    private boolean make() throws IOException, InterruptedException {
        MAKING.lock();
        try {
            return makeAlone();
        } finally {
            MAKING.unlock();
        }
    }

    private boolean makeAlone() throws IOException, InterruptedException {
        CacheFolder.make(folder);
        try (FileChannel locked =
                        FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = locked.tryLock()) {
            if (lock == null) {
                TRAININGS.remove(id()); // another process makes one; perhaps this one
                return false;
            }
            if (file() != null) {
                return true;
            }
            clean();
            Path configuration = folder.resolve(key + ".conf.tmp");
            Path made = folder.resolve(key + ".tmp");
            Thread atExit = new Thread(() -> {
                recipe.stop();
                delete(configuration);
                delete(made);
            });
            Runtime.getRuntime().addShutdownHook(atExit);
            try {
                recipe.record(configuration);
                recipe.create(configuration, made);
                if (!isOfTheseJars()) {
                    throw new IOException("A jar was replaced meanwhile");
                }
                if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
                    Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
                }
                Files.move(
                        made,
                        folder.resolve(key + "-" + checksum(made, Long.MAX_VALUE) + ".aot"),
                        StandardCopyOption.ATOMIC_MOVE);
                return true;
            } finally {
                removeHook(atExit);
                delete(configuration);
                delete(made);
            }
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) { // it runs
        }
    }

    /** Deletes what a killed process left, and the oldest caches. Under the lock. */
    private void clean() throws IOException {
        List<Path> caches = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.{aot,tmp}")) {
            for (Path file : files) {
                if (file.toString().endsWith(".tmp")) {
                    delete(file);
                } else {
                    caches.add(file);
                }
            }
        }
        caches.sort(Comparator.comparingLong((Path file) -> file.toFile().lastModified())
                .reversed());
        caches.stream().skip(MOST_FILES - 1).forEach(AotCache::delete);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            logger().log(Level.DEBUG, () -> file + " cannot be deleted", e);
        }
    }
}
