package io.heddle.backend;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.heddle.ffi.NativeLibrary;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/** The C probe that counts the threads of a real OpenMP region: the proof of an inner limit by use. */
public final class OpenMpProbe {
    private static final String FILE = "lib/libheddle_openmp_probe_gomp.so";

    private OpenMpProbe() {}

    /** Skips the test, and says so, where the probe was not built. */
    public static void assumeBuilt() {
        String build = System.getenv("HEDDLE_NATIVE_BUILD");
        assumeTrue(
                build != null && Files.exists(Path.of(build, FILE)),
                "the OpenMP probe was not built: run the tests by ./heddle test, with cmake and a C compiler");
    }

    /** The number of threads that took part in a parallel region begun by the calling thread; loads the probe on first use. */
    public static int threads() {
        try {
            return (int) Loaded.THREADS.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static final class Loaded {
        private static final MethodHandle THREADS = NativeLibrary.open(
                        Path.of(System.getenv("HEDDLE_NATIVE_BUILD"), FILE))
                .downcall("heddle_openmp_probe_threads", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    }
}
