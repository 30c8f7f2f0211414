package io.heddle.benchmarks;

import io.heddle.ffi.NativeLibrary;
import io.heddle.openblas.OpenBlas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The native libraries that rows are measured on, each opened by the JVM that measures it and by no other. */
enum Libraries {
    /** The build that heddle-openblas brings: POSIX threads. */
    OPENBLAS_EMBEDDED("", ""),
    /** Debian's build on POSIX threads. */
    OPENBLAS_PTHREADS("libopenblas0-pthread", "libopenblas.so.0"),
    /** Debian's build on OpenMP. */
    OPENBLAS_OPENMP("libopenblas0-openmp", "libopenblas.so.0"),
    /** GNU's OpenMP runtime. */
    LIBGOMP("libgomp1", "libgomp.so.1");

    /** What Debian's OpenBLAS needs, in the order of opening; one that is not in the cache is left to the system's loader. */
    private static final List<List<String>> DEPENDENCIES = List.of(
            List.of("libquadmath0", "libquadmath.so.0"),
            List.of("libgfortran5", "libgfortran.so.5"),
            List.of("libgomp1", "libgomp.so.1"));

    private final String debianPackage;
    private final String file;

    Libraries(String debianPackage, String file) {
        this.debianPackage = debianPackage;
        this.file = file;
    }

    /** The library as rows spell it. */
    String rowName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Libraries ofRowName(String name) {
        return Arrays.stream(values())
                .filter(library -> library.rowName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("'" + name + "' is none of " + List.of(values())));
    }

    /** Its file; the embedded one is always there, the others where {@code native/debian-libraries} has put them. */
    Optional<Path> path() {
        return this == OPENBLAS_EMBEDDED ? Optional.of(OpenBlas.shared().path()) : find(debianPackage, file);
    }

    /** Why it cannot be measured here, or empty. */
    Optional<String> missing() {
        return debianPackage.isEmpty() || find(debianPackage, file).isPresent()
                ? Optional.empty()
                : Optional.of("no " + file + " below " + debianFolder() + ": get it with native/debian-libraries "
                        + debianPackage + (this == LIBGOMP ? "" : " libgfortran5 libquadmath0 libgomp1"));
    }

    /** Opens an OpenBLAS. */
    OpenBlas openBlas() {
        if (this == OPENBLAS_EMBEDDED) {
            return OpenBlas.shared();
        }
        Path[] dependencies = DEPENDENCIES.stream()
                .flatMap(needed -> find(needed.getFirst(), needed.getLast()).stream())
                .toArray(Path[]::new);
        return OpenBlas.open(required(), dependencies);
    }

    /** Opens any library that needs no other. */
    NativeLibrary open() {
        return NativeLibrary.open(required());
    }

    private Path required() {
        return path().orElseThrow(() -> new IllegalStateException(missing().orElse(rowName())));
    }

    private static Path debianFolder() {
        String folder = System.getenv("HEDDLE_DEBIAN");
        return folder == null ? OpenBlas.cacheFolder().resolve("debian") : Path.of(folder);
    }

    private static Optional<Path> find(String debianPackage, String file) {
        Path folder = debianFolder().resolve(debianPackage);
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(path -> path.endsWith(file) && Files.isRegularFile(path))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + " cannot be read", e);
        }
    }
}
