package io.heddle.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.heddle.NativeThreads;
import io.heddle.control.internal.KnownLibraries;
import io.heddle.control.internal.LibraryRegistry;
import io.heddle.limit.ThreadLimit;
import io.heddle.openblas.OpenBlas;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to open and close one limit, beside the same native calls made by hand, by JNI and by JavaCPP?
 *
 * <p>A limit takes every library of the process, so each fork loads the libraries of its row and no other. For each library a limit
 * calls get, set, get when it opens and get, set when it closes; the comparators do the same, save JavaCPP, which has no read-back.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class LimitBenchmark {
    private static final int THREADS = 1;

    /** OpenBLAS on POSIX threads. */
    @State(Scope.Thread)
    public static class OneLibrary {
        /** Loads the library. */
        @Setup
        public void open() {
            Libraries.OPENBLAS_EMBEDDED.openBlas();
            Machine.printWithLibraries();
        }
    }

    /** GNU's OpenMP runtime, and OpenBLAS on POSIX threads. */
    @State(Scope.Thread)
    public static class TwoLibraries {
        /** Loads the libraries. */
        @Setup
        public void open() {
            Libraries.LIBGOMP.open();
            Libraries.OPENBLAS_EMBEDDED.openBlas();
            Machine.printWithLibraries();
        }
    }

    /** JavaCPP's own OpenBLAS. */
    @State(Scope.Thread)
    public static class JavaCpp {
        /** Loads the library. */
        @Setup
        public void open() {
            Loader.load(openblas.class);
            openblas.blas_set_num_threads(Runtime.getRuntime().availableProcessors()); // its getter knows -1 before
            Machine.printWithLibraries();
        }
    }

    private static final class OpenBlasHandles {
        static final MethodHandle GET;
        static final MethodHandle SET;

        static {
            OpenBlas library = Libraries.OPENBLAS_EMBEDDED.openBlas();
            GET = library.downcall("openblas_get_num_threads", FunctionDescriptor.of(JAVA_INT));
            SET = library.downcall("openblas_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
        }
    }

    private static final class LibgompHandles {
        static final MethodHandle GET =
                Libraries.LIBGOMP.open().downcall("omp_get_max_threads", FunctionDescriptor.of(JAVA_INT));
        static final MethodHandle SET =
                Libraries.LIBGOMP.open().downcall("omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
    }

    private static final class OpenBlasByJni {
        static final long GET;
        static final long SET;

        static {
            long library = JniThreadLimit.open(
                    Libraries.OPENBLAS_EMBEDDED.openBlas().path().toString());
            GET = JniThreadLimit.symbol(library, "openblas_get_num_threads");
            SET = JniThreadLimit.symbol(library, "openblas_set_num_threads");
        }
    }

    private static final class LibgompByJni {
        static final long GET;
        static final long SET;

        static {
            long library =
                    JniThreadLimit.open(Libraries.LIBGOMP.path().orElseThrow().toString());
            GET = JniThreadLimit.symbol(library, "omp_get_max_threads");
            SET = JniThreadLimit.symbol(library, "omp_set_num_threads");
        }
    }

    /** Does nothing. */
    @Benchmark
    public void baseline() {}

    /** Asks whether a library was loaded since the last time, as each limit does. */
    @Benchmark
    public KnownLibraries loadCheck(OneLibrary loaded) {
        return LibraryRegistry.current();
    }

    /** A limit on one library. */
    @Benchmark
    public int one(OneLibrary loaded) {
        return heddle();
    }

    /** A limit on two libraries. */
    @Benchmark
    public int two(TwoLibraries loaded) {
        return heddle();
    }

    private static int heddle() {
        try (ThreadLimit limit = NativeThreads.limit(THREADS)) {
            return limit.threads();
        }
    }

    /** The calls of {@link #one} through static handles. */
    @Benchmark
    public int oneFloor(OneLibrary loaded) throws Throwable {
        int found = (int) OpenBlasHandles.GET.invokeExact();
        OpenBlasHandles.SET.invokeExact(THREADS);
        int inForce = (int) OpenBlasHandles.GET.invokeExact();
        if ((int) OpenBlasHandles.GET.invokeExact() == inForce) {
            OpenBlasHandles.SET.invokeExact(found);
        }
        return inForce;
    }

    /** The calls of {@link #two} through static handles. */
    @Benchmark
    public int twoFloor(TwoLibraries loaded) throws Throwable {
        int foundOpenMp = (int) LibgompHandles.GET.invokeExact();
        LibgompHandles.SET.invokeExact(THREADS);
        int inForceOpenMp = (int) LibgompHandles.GET.invokeExact();
        int found = (int) OpenBlasHandles.GET.invokeExact();
        OpenBlasHandles.SET.invokeExact(THREADS);
        int inForce = (int) OpenBlasHandles.GET.invokeExact();
        if ((int) OpenBlasHandles.GET.invokeExact() == inForce) {
            OpenBlasHandles.SET.invokeExact(found);
        }
        if ((int) LibgompHandles.GET.invokeExact() == inForceOpenMp) {
            LibgompHandles.SET.invokeExact(foundOpenMp);
        }
        return inForce;
    }

    /** The calls of {@link #one} through JNI. */
    @Benchmark
    public int oneJni(OneLibrary loaded) {
        return byJni(OpenBlasByJni.GET, OpenBlasByJni.SET);
    }

    /** The calls of {@link #two} through JNI. */
    @Benchmark
    public int twoJni(TwoLibraries loaded) {
        return byJni(LibgompByJni.GET, LibgompByJni.SET) + byJni(OpenBlasByJni.GET, OpenBlasByJni.SET);
    }

    private static int byJni(long getter, long setter) {
        int found = JniThreadLimit.get(getter);
        JniThreadLimit.set(setter, THREADS);
        int inForce = JniThreadLimit.get(getter);
        if (JniThreadLimit.get(getter) == inForce) {
            JniThreadLimit.set(setter, found);
        }
        return inForce;
    }

    /** A limit on one library as a user of JavaCPP writes it. */
    @Benchmark
    public int oneJavaCpp(JavaCpp loaded) {
        int found = openblas.blas_get_num_threads();
        openblas.blas_set_num_threads(THREADS);
        openblas.blas_set_num_threads(found);
        return found;
    }
}
