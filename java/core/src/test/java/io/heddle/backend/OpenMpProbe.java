package io.heddle.backend;

import io.heddle.fixture.NativeFiles;
import io.heddle.fixture.OpenMpRegion;

/** The C probe that counts the threads of a real OpenMP region: the proof of an inner limit by use. */
public final class OpenMpProbe {
    private static final String FILE = "libheddle_openmp_probe_gomp.so";

    private OpenMpProbe() {}

    /** Skips the test, and says so, where the probe was not built. */
    public static void assumeBuilt() {
        NativeFiles.built(FILE);
    }

    /** The number of threads that took part in a parallel region begun by the calling thread; loads the probe on first use. */
    public static int threads() {
        return Loaded.REGION.threads();
    }

    private static final class Loaded {
        private static final OpenMpRegion REGION = OpenMpRegion.open(NativeFiles.built(FILE));
    }
}
