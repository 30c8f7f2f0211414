package io.heddle.openblas;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the native files of {@code org.bytedeco:openblas} on the class path, in a fat jar or on the module path. On the
 * module path the jar is an explicit module that requires its JNI half; as nobody wants that half, the module is not
 * resolved, no class loader sees it, and its jar is looked for by file.
 */
final class EmbeddedFiles {
    private static final Logger LOGGER = System.getLogger("io.heddle.openblas");
    private static final String PLATFORM = "linux-x86_64";
    private static final String FOLDER = "org/bytedeco/openblas/" + PLATFORM + "/";

    /** In the order in which they are opened: the jar's libgfortran has no RUNPATH and would not find libquadmath. */
    private static final List<String> NAMES = List.of("libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0");

    private EmbeddedFiles() {}

    /** A file of the jar; size in bytes and CRC-32 as the jar's directory states them. */
    record EmbeddedFile(String name, URL url, long size, long crc32) {
        InputStream open() throws IOException {
            URLConnection connection = url.openConnection();
            connection.setUseCaches(false);
            return connection.getInputStream();
        }
    }

    static List<EmbeddedFile> locate() {
        requirePlatform();
        List<EmbeddedFile> files = new ArrayList<>();
        for (String name : NAMES) {
            URL url = find(FOLDER + name);
            if (url == null) {
                throw new OpenBlasException("The embedded OpenBLAS: " + FOLDER + name
                        + " is neither on the class path nor on the"
                        + " module path. Add the Maven artifact org.bytedeco:openblas with the classifier " + PLATFORM
                        + " (its dependency org.bytedeco:javacpp is not needed), or open a library of your own with"
                        + " OpenBlas.open(path).");
            }
            try {
                files.add(describe(name, url));
            } catch (IOException e) {
                throw new OpenBlasException(
                        "The embedded OpenBLAS: " + url + " cannot be read: " + e + ". Is the jar damaged?", e);
            }
        }
        return files;
    }

    private static void requirePlatform() {
        String os = System.getProperty("os.name", "");
        String architecture = System.getProperty("os.arch", "");
        boolean x8664 = architecture.equals("amd64") || architecture.equals("x86_64");
        if (!os.toLowerCase(Locale.ROOT).startsWith("linux") || !x8664) {
            throw new OpenBlasException("The embedded OpenBLAS is for " + PLATFORM + ", this is " + os + " "
                    + architecture + ". Open a library of your own with OpenBlas.open(path).");
        }
    }

    private static @Nullable URL find(String resource) {
        List<@Nullable ClassLoader> loaders = new ArrayList<>();
        loaders.add(EmbeddedFiles.class.getClassLoader());
        loaders.add(Thread.currentThread().getContextClassLoader());
        loaders.add(ClassLoader.getSystemClassLoader());
        for (ClassLoader loader : loaders) {
            URL url = loader == null ? null : loader.getResource(resource);
            if (url != null) {
                return url;
            }
        }
        return findOnModulePath(resource);
    }

    private static @Nullable URL findOnModulePath(String resource) {
        for (String entry : System.getProperty("jdk.module.path", "").split(File.pathSeparator, -1)) {
            for (Path jar : jarsOf(Path.of(entry))) {
                try (JarFile file = new JarFile(jar.toFile())) {
                    if (file.getEntry(resource) != null) {
                        return URI.create("jar:" + jar.toUri() + "!/" + resource)
                                .toURL();
                    }
                } catch (IOException e) {
                    LOGGER.log(Level.DEBUG, "looking for " + resource + ", passed over " + jar, e);
                }
            }
        }
        return null;
    }

    /** The jars that an entry of the module path stands for: itself, or those in the folder. */
    private static List<Path> jarsOf(Path entry) {
        if (Files.isRegularFile(entry)) {
            return List.of(entry);
        }
        if (!Files.isDirectory(entry)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(entry)) {
            return files.filter(file -> file.toString().endsWith(".jar")).toList();
        } catch (IOException e) {
            LOGGER.log(Level.DEBUG, "passed over " + entry + " of the module path", e);
            return List.of();
        }
    }

    private static EmbeddedFile describe(String name, URL url) throws IOException {
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false);
        if (connection instanceof JarURLConnection inJar) {
            try (JarFile jar = inJar.getJarFile()) {
                JarEntry entry = jar.getJarEntry(inJar.getEntryName());
                if (entry != null && entry.getSize() >= 0 && entry.getCrc() >= 0) {
                    return new EmbeddedFile(name, url, entry.getSize(), entry.getCrc());
                }
            }
        }
        CRC32 crc = new CRC32();
        try (InputStream in = new CheckedInputStream(url.openStream(), crc)) {
            long size = in.transferTo(OutputStream.nullOutputStream());
            return new EmbeddedFile(name, url, size, crc.getValue());
        }
    }
}
