package io.heddle.ray.cluster;

import io.heddle.backend.Backend;
import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.pool.WorkerSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * What the actors' JVMs have on their class path: Heddle's jars and the user's, as one package for the nodes to unpack.
 *
 * @param uri its name in the cluster, which has the hash of its content
 * @param bytes its content
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record HeddleJars(String uri, byte[] bytes) {
    private static final long TIME = 946_684_800_000L; // any; the same content is to have the same bytes

    /**
     * Packs them.
     *
     * @param files jars or folders of classes beside Heddle's own
     * @throws BrokenPoolException if one cannot be read
     */
    static HeddleJars pack(List<Path> files) {
        List<Path> all = new ArrayList<>();
        for (Class<?> one : List.of(Backend.class, WorkerSource.class, HeddleJars.class)) {
            Path from = origin(one);
            if (!all.contains(from)) {
                all.add(from);
            }
        }
        all.addAll(files);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < all.size(); i++) {
                put(zip, i + ".jar", jar(all.get(i)));
            }
        } catch (IOException e) {
            throw new BrokenPoolException("The jars for the Ray actors, " + all + ", could not be read: " + e, e);
        }
        return new HeddleJars("gcs://_ray_pkg_heddle_" + hash(bytes.toByteArray()) + ".zip", bytes.toByteArray());
    }

    private static Path origin(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        try {
            return Path.of(Objects.requireNonNull(source, "no code source")
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException | RuntimeException e) {
            throw new BrokenPoolException(
                    "Heddle's own jar with " + type.getName()
                            + " is no file here, so it cannot be sent to the Ray cluster: put Heddle's"
                            + " jars on the nodes and say where by codeSearchPath",
                    e);
        }
    }

    private static byte[] jar(Path from) throws IOException {
        if (!Files.isDirectory(from)) {
            return Files.readAllBytes(from);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes);
                Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                put(zip, from.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTime(TIME);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 12);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
