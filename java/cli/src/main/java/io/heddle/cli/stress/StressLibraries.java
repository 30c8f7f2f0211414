package io.heddle.cli.stress;

import io.heddle.cli.library.ElfFile;
import io.heddle.cli.library.RuntimeFamily;
import io.heddle.control.UserApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds libraries on this machine, and what each of them needs. */
public final class StressLibraries {
    private static final List<Path> SYSTEM_FOLDERS = Stream.of(
                    "/usr/lib/x86_64-linux-gnu",
                    "/usr/lib/aarch64-linux-gnu",
                    "/usr/lib64",
                    "/usr/lib",
                    "/usr/local/lib",
                    "/usr/local/lib64",
                    "/opt/intel/oneapi/mkl/latest/lib")
            .map(Path::of)
            .toList();
    private static final List<String> NAMES =
            List.of("libopenblas", "libscipy_openblas", "libmkl_rt", "libblis", "libflexiblas");

    /** {@code openblas-pthread/libopenblas.so.0} under a system folder. */
    private static final int SYSTEM_DEPTH = 2;

    /** {@code PACKAGE/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0} under the folder of unpacked packages. */
    private static final int PACKAGES_DEPTH = 7;

    private final List<Path> packages;
    private final List<Path> mkl;

    private StressLibraries(List<Path> packages, List<Path> mkl) {
        this.packages = packages;
        this.mkl = mkl;
    }

    /**
     * Where to look.
     *
     * @param cache Heddle's cache folder
     * @param environment variables; HEDDLE_DEBIAN and HEDDLE_MKL name further folders
     */
    public static StressLibraries of(Path cache, Map<String, String> environment) {
        return new StressLibraries(
                folders(cache.resolve("debian"), environment.get("HEDDLE_DEBIAN")),
                folders(cache.resolve("mkl"), environment.get("HEDDLE_MKL")));
    }

    private static List<Path> folders(Path first, @Nullable String second) {
        Set<Path> folders = new LinkedHashSet<>();
        if (second != null && !second.isEmpty()) {
            folders.add(Path.of(second));
        }
        folders.add(first);
        return List.copyOf(folders);
    }

    /** Every BLAS there is, each once, whatever links lead to it. */
    public List<Path> all() {
        Map<Path, Path> found = new LinkedHashMap<>();
        SYSTEM_FOLDERS.forEach(folder -> collect(folder, SYSTEM_DEPTH, found));
        packages.forEach(folder -> collect(folder, PACKAGES_DEPTH, found));
        mkl.forEach(folder -> collect(folder, SYSTEM_DEPTH, found));
        return List.copyOf(found.values());
    }

    /** MKL's front library, if it is there. */
    public Optional<Path> mkl() {
        return all().stream()
                .filter(file -> String.valueOf(file.getFileName()).startsWith("libmkl_rt"))
                .findFirst();
    }

    private static void collect(Path folder, int depth, Map<Path, Path> found) {
        for (Path file :
                files(folder, depth, name -> NAMES.stream().anyMatch(name::startsWith) && name.contains(".so"))) {
            try {
                Path real = file.toRealPath();
                boolean isBlas = RuntimeFamily.recognise(real, ElfFile.read(real))
                        .filter(library -> library.userApi() == UserApi.BLAS)
                        .isPresent();
                if (isBlas) {
                    found.putIfAbsent(real, file);
                }
            } catch (IOException e) {
                // a link that leads nowhere
            }
        }
    }

    private static List<Path> files(Path folder, int depth, Predicate<String> name) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder, depth)) {
            return files.filter(file -> name.test(String.valueOf(file.getFileName())))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of(); // a folder that may not be read has nothing for us
        }
    }

    /** What a library needs that lies beside it or in an unpacked package, in the order to open it; the rest is the system's. */
    public List<Path> dependencies(Path library) {
        Set<Path> ordered = new LinkedHashSet<>();
        addDependencies(library, ordered, new LinkedHashSet<>());
        return new ArrayList<>(ordered);
    }

    private void addDependencies(Path library, Set<Path> ordered, Set<Path> visited) {
        if (!visited.add(library)) {
            return;
        }
        for (String name : ElfFile.read(library).map(ElfFile::needed).orElse(List.of())) {
            find(library, name).filter(file -> !file.equals(library)).ifPresent(file -> {
                addDependencies(file, ordered, visited);
                ordered.add(file);
            });
        }
    }

    private Optional<Path> find(Path library, String name) {
        Path beside = library.toAbsolutePath().resolveSibling(name);
        boolean isPackaged = packages.stream().anyMatch(library.toAbsolutePath()::startsWith);
        if (Files.isRegularFile(beside)) {
            return Optional.of(beside);
        }
        return isPackaged
                ? packages.stream()
                        .flatMap(folder -> files(folder, PACKAGES_DEPTH, name::equals).stream())
                        .findFirst()
                : Optional.empty();
    }
}
