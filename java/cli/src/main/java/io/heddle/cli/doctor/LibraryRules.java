package io.heddle.cli.doctor;

import io.heddle.cli.library.SeenLibrary;
import io.heddle.control.ThreadingLayer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Rules on which libraries are there and how they stand to each other. */
final class LibraryRules {
    static final List<Rule> ALL = List.of(
            LibraryRules::twoLlvmRuntimes,
            LibraryRules::gompBesideIntel,
            LibraryRules::globalMkl,
            LibraryRules::severalOpenBlas,
            LibraryRules::openMpOpenBlas,
            LibraryRules::believesInMoreCpus);

    private LibraryRules() {}

    static Optional<Finding> twoLlvmRuntimes(Situation situation) {
        return situation.hasRuntime("libomp") && situation.hasRuntime("libiomp")
                ? Optional.of(new Finding(
                        "libomp-beside-libiomp",
                        "LLVM's libomp and Intel's libiomp5 are both loaded: " + runtimes(situation) + ".",
                        "They are one runtime under two names: once both are initialised the process ends with OMP Error #15, or hangs.",
                        "Load one: libiomp5 serves both (a link named libomp.so to it first on LD_LIBRARY_PATH), or run MKL with"
                                + " MKL_THREADING_LAYER=GNU. KMP_DUPLICATE_LIB_OK=TRUE only hides the error."))
                : Optional.empty();
    }

    static Optional<Finding> gompBesideIntel(Situation situation) {
        return situation.hasRuntime("libgomp") && situation.hasRuntime("libiomp")
                ? Optional.of(
                        new Finding(
                                "libgomp-beside-libiomp",
                                "GNU's libgomp and Intel's libiomp5 are both loaded: " + runtimes(situation) + ".",
                                "Each keeps threads of its own: code that uses both has twice the threads, and a limit on one does not hold for the"
                                        + " other.",
                                "Let MKL use libgomp, too (MKL_THREADING_LAYER=GNU), or limit both at once by NativeThreads.limit(n)."))
                : Optional.empty();
    }

    private static String runtimes(Situation situation) {
        return Names.of(situation.of("openmp"));
    }

    static Optional<Finding> globalMkl(Situation situation) {
        return situation.mklIsGlobal() && !situation.of("openblas").isEmpty()
                ? Optional.of(
                        new Finding(
                                "global-mkl",
                                "MKL is loaded into the global scope beside " + Names.of(situation.of("openblas"))
                                        + ".",
                                "OpenBLAS' own LAPACK then calls MKL's BLAS: results, speed and thread limits are no longer those of the library"
                                        + " that was called.",
                                "Do not preload MKL (LD_PRELOAD), and open it with RTLD_LOCAL, as NativeLibrary.open and System.load do."))
                : Optional.empty();
    }

    static Optional<Finding> severalOpenBlas(Situation situation) {
        List<SeenLibrary> copies = situation.of("openblas");
        return copies.size() > 1
                ? Optional.of(new Finding(
                        "several-openblas",
                        copies.size() + " copies of OpenBLAS are loaded: " + Names.of(copies) + ".",
                        "Each has a limit, threads and buffers of its own (37 MB and more); threads of one spin beside those of another.",
                        "Build on one copy where that can be chosen; else limit all by NativeThreads.limit(n), which finds each."
                                + " Private instances made on purpose (OpenBlas.newInstance()) are fine."))
                : Optional.empty();
    }

    static Optional<Finding> openMpOpenBlas(Situation situation) {
        List<SeenLibrary> affected = situation.of("openblas").stream()
                .filter(library -> library.threadingLayer().equals(Optional.of(ThreadingLayer.OPENMP)))
                .toList();
        return affected.isEmpty()
                ? Optional.empty()
                : Optional.of(new Finding(
                        "openmp-openblas",
                        Names.of(affected) + " is OpenBLAS built on OpenMP"
                                + affected.getFirst()
                                        .version()
                                        .map(version -> ", version " + version)
                                        .orElse("")
                                + ".",
                        "Threads that compute with different numbers, other than one, free each other's buffers: results are wrong (seen in"
                                + " 0.3.21). openblas_set_num_threads from a second thread does the same, or hangs.",
                        "Limit it to 1, or not at all, and by NativeThreads only, which holds to that. For other numbers use a build on"
                                + " POSIX threads (Debian: libopenblas0-pthread; heddle-openblas)."));
    }

    static Optional<Finding> believesInMoreCpus(Situation situation) {
        int usable = situation.cpus().count();
        List<SeenLibrary> affected = situation.select(
                library -> exceeds(library.threads(), usable) || exceeds(library.processors(), usable));
        return affected.isEmpty()
                ? Optional.empty()
                : Optional.of(new Finding(
                        "believes-in-more-cpus",
                        affected.stream()
                                        .map(library -> library.shownPath() + " "
                                                + (exceeds(library.threads(), usable)
                                                        ? "would start "
                                                                + library.threads()
                                                                        .getAsInt() + " threads"
                                                        : "counts "
                                                                + library.processors()
                                                                        .orElse(0) + " CPUs"))
                                        .collect(Collectors.joining("; "))
                                + ", where " + usable + " are usable.",
                        "It splits its work over threads that take turns. Products of matrices were seen 12 to 69 times slower so.",
                        "Set OMP_NUM_THREADS=" + usable + " and OPENBLAS_NUM_THREADS=" + usable
                                + " before the start, or open NativeThreads.limit(" + usable + ")."));
    }

    private static boolean exceeds(OptionalInt number, int usable) {
        return number.isPresent() && number.getAsInt() > usable;
    }
}
