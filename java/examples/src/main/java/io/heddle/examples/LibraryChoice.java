package io.heddle.examples;

import io.heddle.examples.blas.Blas;
import io.heddle.openblas.OpenBlas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Opens the library that {@code --library} names. */
final class LibraryChoice {
    private static final String EMBEDDED = "openblas";

    private static final SystemFile QUADMATH = new SystemFile("libquadmath0", "libquadmath.so.0");
    private static final SystemFile GFORTRAN = new SystemFile("libgfortran5", "libgfortran.so.5");
    private static final SystemFile GOMP = new SystemFile("libgomp1", "libgomp.so.1");

    private static final Map<String, DebianLibrary> DEBIAN = Map.of(
            "openblas-pthreads", new DebianLibrary("libopenblas0-pthread", List.of(QUADMATH, GFORTRAN)),
            "openblas-openmp", new DebianLibrary("libopenblas0-openmp", List.of(QUADMATH, GFORTRAN, GOMP)));

    private record SystemFile(String debianPackage, String name) {}

    /** What a library needs is opened before it, in this order; what is not in the cache is left to the system's loader. */
    private record DebianLibrary(String debianPackage, List<SystemFile> needs) {
        String packages() {
            return Stream.concat(Stream.of(debianPackage), needs.stream().map(SystemFile::debianPackage))
                    .collect(Collectors.joining(" "));
        }
    }

    private LibraryChoice() {}

    static boolean isEmbedded(String choice) {
        return choice.equals(EMBEDDED);
    }

    /** Opens it here, and in every process where it is needed. */
    static Blas.Source source(String choice) {
        return isEmbedded(choice) ? OpenBlas::shared : () -> open(choice);
    }

    private static OpenBlas open(String choice) {
        DebianLibrary debian = DEBIAN.get(choice);
        if (debian != null) {
            return openDebian(choice, debian);
        }
        Path path = Path.of(choice);
        if (!Files.isRegularFile(path)) {
            throw new DemoException("--library " + choice
                    + ": neither a library file nor one of openblas, openblas-pthreads, openblas-openmp.");
        }
        return OpenBlas.open(path);
    }

    private static OpenBlas openDebian(String choice, DebianLibrary debian) {
        Path cache = OpenBlas.cacheFolder().resolve("debian");
        Path folder = cache.resolve(debian.debianPackage());
        Path library = find(folder, "libopenblas.so.0")
                .orElseThrow(() -> new DemoException("--library " + choice + ": there is no libopenblas.so.0 in "
                        + folder + ". Get it with: native/debian-libraries " + debian.packages()));
        Path[] needs = debian.needs().stream()
                .flatMap(file -> find(cache.resolve(file.debianPackage()), file.name()).stream())
                .toArray(Path[]::new);
        return OpenBlas.open(library, needs);
    }

    private static Optional<Path> find(Path folder, String name) {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.endsWith(name) && Files.isRegularFile(file))
                    .findFirst();
        } catch (IOException e) {
            throw new DemoException("--library: " + folder + " cannot be read: " + e, e);
        }
    }
}
