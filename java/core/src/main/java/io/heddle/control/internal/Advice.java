package io.heddle.control.internal;

import io.heddle.control.LibraryFamily;
import io.heddle.topology.UsableCpus;
import java.lang.System.Logger.Level;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The warnings about what is loaded, each given once for a library. Thread-safe. */
final class Advice {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");
    private static final Set<String> GIVEN = ConcurrentHashMap.newKeySet();

    private Advice() {}

    private static void give(String what, LibraryFile library, String text) {
        if (GIVEN.add(what + " " + library)) {
            LOGGER.log(Level.WARNING, text);
        }
    }

    static void noRuntime(LibraryFile library) {
        give(
                "no runtime",
                library,
                library
                        + " is built on OpenMP, but no OpenMP runtime was found for it: it cannot be limited. Set OMP_NUM_THREADS"
                        + " before the JVM starts, or use a build on POSIX threads.");
    }

    /** Of a library that its environment keeps to fewer threads, as that of a worker process does, there is nothing to say. */
    static void tooManyCpus(LibraryFile library, OptionalInt believed, int threads) {
        int usable = UsableCpus.now().count();
        if (believed.isPresent() && believed.getAsInt() > usable && threads > usable) {
            give(
                    "cpus",
                    library,
                    library + " believes in " + believed.getAsInt() + " CPUs, but only " + usable
                            + " are usable here: uncontrolled it starts too many threads, which can make it many times slower. Call"
                            + " it inside NativeThreads.limit(" + usable + ") or Parallel, or start the JVM with"
                            + " OPENBLAS_NUM_THREADS=" + usable + " and OMP_NUM_THREADS=" + usable + ".");
        }
    }

    static void twoLlvmRuntimes(LibraryFile first, LibraryFile second) {
        give(
                "two runtimes",
                second,
                "Two LLVM or Intel OpenMP runtimes are loaded, " + first + " and " + second
                        + ": the second one that is used ends the process (OMP: Error #15), or both start threads of their own. Let"
                        + " all libraries use the same one: load it first, and libraries that need it after it, or replace one by a"
                        + " build on the other (MKL: MKL_THREADING_LAYER=GNU or SEQUENTIAL).");
    }

    static void brokenFamily(LibraryFile library, LibraryFamily family, RuntimeException failure) {
        if (GIVEN.add("broken family " + family + " " + library)) {
            LOGGER.log(
                    Level.WARNING,
                    library + " is not controlled by the family " + family
                            + ", whose bind failed: correct it, or let it return empty for what it does not know.",
                    failure);
        }
    }

    static void globalMkl(LibraryFile library) {
        give(
                "global mkl",
                library,
                library
                        + " is loaded with RTLD_GLOBAL: other BLAS libraries that are loaded after it get their own calls answered by"
                        + " MKL (OpenBLAS' dsyev for one), with MKL's threads and limits. Load it with RTLD_LOCAL (System.load does), or"
                        + " after the others.");
    }

    static void unusedMkl(LibraryFile library, boolean clash) {
        give(
                "unused mkl",
                library,
                library + " is not used yet, and is neither asked nor limited until it is: its first call would "
                        + (clash
                                ? "load Intel's OpenMP runtime beside LLVM's, and the second of them that is used ends the process (OMP:"
                                        + " Error #15). Set MKL_THREADING_LAYER=GNU before the JVM starts."
                                : "look for a threading or interface layer whose file is not beside it, and end the process if it finds"
                                        + " none. Put the whole of MKL into one folder, or choose other layers by MKL_THREADING_LAYER and"
                                        + " MKL_INTERFACE_LAYER.")
                        + " It comes under the first limit after its first use.");
    }

    static void spinning(LibraryFile library, String setting) {
        give(
                "spinning",
                library,
                "The threads of " + library + " spin for long after each parallel region (" + setting
                        + "): they keep CPUs busy that other workers could use. Start the JVM with OMP_WAIT_POLICY=passive, and without"
                        + " GOMP_SPINCOUNT; for LLVM and Intel runtimes with KMP_BLOCKTIME=0, or call kmp_set_blocktime(0).");
    }
}
