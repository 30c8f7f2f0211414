package io.heddle.processes.launch;

import io.heddle.Parallel;
import io.heddle.backend.BackendUnavailableException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.CodeSource;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a worker runs.
 *
 * @param java the program
 * @param own where Heddle's classes are, in the order of the class path; empty in a module path
 * @param classPath all of the class path, Heddle's own first; empty for none
 * @param moduleOptions the module path and what is taken from it
 * @param main the end of the command line
 */
record Program(Path java, List<Path> own, String classPath, List<String> moduleOptions, List<String> main) {
    static final String WORKER_PACKAGE = "io.heddle.processes.worker";
    private static final String WORKER_MAIN = WORKER_PACKAGE + ".WorkerMain";

    /**
     * The worker of this JVM.
     *
     * @throws BackendUnavailableException if no worker can be started from here
     */
    static Program ofThisJvm() {
        Path java = java(System.getProperty("java.home"));
        Module module = Program.class.getModule();
        boolean modular = module.isNamed() && module.getLayer() == ModuleLayer.boot();
        List<String> moduleOptions = moduleOptions(
                System.getProperty("jdk.module.path"),
                System.getProperty("jdk.module.main"),
                modular ? heddle() : List.of());
        String classPath = System.getProperty("java.class.path", "");
        if (modular) {
            return new Program(
                    java, List.of(), classPath, moduleOptions, List.of("-m", module.getName() + "/" + WORKER_MAIN));
        }
        List<Path> own = List.of(location(Parallel.class), location(Program.class));
        return new Program(java, own, classPath(own, classPath), moduleOptions, List.of(WORKER_MAIN));
    }

    /** The program that starts JVMs in a Java home. */
    static Path java(@Nullable String home) {
        if (home == null) {
            throw new BackendUnavailableException(
                    "Worker JVMs cannot be started: this program has no java.home, as one that was compiled to a native image. "
                            + instead());
        }
        boolean windows = File.separatorChar == '\\';
        Path java = Path.of(home, "bin", windows ? "java.exe" : "java");
        if (!Files.isExecutable(java)) {
            throw new BackendUnavailableException(
                    "Worker JVMs cannot be started: " + java + " is missing or not executable, as in a"
                            + " runtime image that jlink made with --strip-native-commands. Make the image with its commands, or: "
                            + instead());
        }
        return java;
    }

    private static String instead() {
        return "Choose the backend \"threads\"";
    }

    private static List<String> heddle() {
        return ModuleLayer.boot().modules().stream()
                .map(Module::getName)
                .filter(name -> name.equals("io.heddle") || name.startsWith("io.heddle."))
                .sorted()
                .toList();
    }

    /** The options for what this JVM has in its module path. */
    static List<String> moduleOptions(@Nullable String path, @Nullable String main, List<String> heddle) {
        List<String> options = new ArrayList<>();
        if (path != null && !path.isEmpty()) {
            options.add("--module-path=" + path);
        }
        Set<String> roots = new LinkedHashSet<>(heddle);
        if (main != null && !main.isEmpty()) {
            roots.add(main);
        }
        if (!roots.isEmpty()) {
            options.add("--add-modules=" + String.join(",", roots));
        }
        return options;
    }

    /** Heddle's own first, then the rest, each once. */
    static String classPath(List<Path> own, String rest) {
        Set<String> entries = new LinkedHashSet<>();
        own.forEach(path -> entries.add(path.toString()));
        for (String entry : rest.split(File.pathSeparator, -1)) {
            // An empty one means the working directory; in front of nothing, there is no class path.
            if (!entry.isEmpty() || !rest.isEmpty()) {
                entries.add(entry.isEmpty() ? "." : entry);
            }
        }
        return entries.stream().distinct().collect(Collectors.joining(File.pathSeparator));
    }

    static Path location(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        URL url = source == null ? null : source.getLocation();
        if (url == null) {
            throw new BackendUnavailableException("Worker JVMs cannot be started: the class loader of " + type.getName()
                    + " does not say where its classes come from. Put Heddle's jars on the class path, or: "
                    + instead());
        }
        try {
            return file(url, CacheFolder.ofThisUser());
        } catch (IOException | URISyntaxException | IllegalArgumentException e) {
            throw new BackendUnavailableException(
                    "Worker JVMs cannot be started: Heddle's classes come from " + url
                            + ", which a new JVM cannot read and which cannot be copied (" + e
                            + "). Put Heddle's jars on the class path, or: "
                            + instead(),
                    e);
        }
    }

    /**
     * The jar or folder at a place. A jar inside a jar, as a fat jar has them, is copied to the cache, by its content.
     *
     * @param cache the cache; null for none
     */
    static Path file(URL url, @Nullable Path cache) throws IOException, URISyntaxException {
        if (url.getProtocol().equals("file")) {
            return Path.of(url.toURI());
        }
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false);
        if (connection instanceof JarURLConnection jar && jar.getEntryName() == null) {
            URL inner = jar.getJarFileURL();
            if (inner.getProtocol().equals("file")) {
                return Path.of(inner.toURI());
            }
            connection = inner.openConnection();
        }
        if (cache == null) {
            throw new IOException("there is no cache folder that only this user can write to; set HEDDLE_CACHE to one");
        }
        Path folder = CacheFolder.make(cache.resolve("jars"));
        Path copy = Files.createTempFile(folder, "copy", ".tmp");
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(connection.getInputStream(), digest)) {
                Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
            }
            String name = HexFormat.of().formatHex(digest.digest(), 0, 16) + ".jar";
            Path jar = folder.resolve(name);
            if (!Files.exists(jar)) {
                Files.move(copy, jar, StandardCopyOption.ATOMIC_MOVE);
            }
            return jar;
        } catch (NoSuchAlgorithmException e) {
            throw new IOException(e);
        } finally {
            Files.deleteIfExists(copy);
        }
    }

    /** Whether Heddle comes in jars: folders change while one develops. */
    boolean isInJars() {
        return !own.isEmpty() && own.stream().allMatch(Files::isRegularFile);
    }

    /** The class path that begins everyone's. */
    String ownClassPath() {
        return own.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** The class path as arguments. */
    List<String> classPathOptions(String path) {
        return path.isEmpty() ? List.of() : Arrays.asList("-cp", path);
    }
}
