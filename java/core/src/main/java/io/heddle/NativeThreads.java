package io.heddle;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryFamily;
import io.heddle.control.LibraryInfo;
import io.heddle.control.Registration;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.control.internal.LibraryRegistry;
import io.heddle.limit.ThreadLimit;
import io.heddle.limit.internal.LimitSelector;
import io.heddle.limit.internal.OpenLimit;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Predicate;

/**
 * The thread pools of native libraries in this process: what is there, and limits on them.
 *
 * <pre>{@code
 * try (var _ = NativeThreads.limit(1)) {
 *     dgemm(…);                                // on one thread, whichever BLAS that is
 * }
 * NativeThreads.info().forEach(System.out::println);
 * }</pre>
 *
 * <p>Found are the libraries that are loaded at the moment of the call, whoever loaded them: OpenBLAS (builds on POSIX threads and on
 * OpenMP, under every prefix and suffix of its symbols), MKL, BLIS, FlexiBLAS, and the OpenMP runtimes libgomp, libomp and libiomp5; by
 * their file names, and under any other file name (a bundled or renamed copy, a BLAS inside another library) by the symbols they export.
 * Libraries of other kinds, and pools of Java libraries, come in by {@link #register(LibraryFamily)} and
 * {@link #register(LibraryController)}. Not seen are copies that export no symbol of their thread control, and those in a linker namespace
 * of their own ({@code dlmopen}).
 *
 * <p>Each library says in {@link LibraryInfo#limitScope()} whom a limit on it affects; how limits overlap is told in
 * {@link io.heddle.limit}. A runtime that serves an OpenBLAS built on OpenMP is held at 1 thread or at that library's own number, as
 * numbers in between give wrong results there.
 *
 * <p>An LLVM or Intel OpenMP runtime that is loaded but was not used yet is listed, but neither asked nor limited: the first call would
 * initialise it, and a second initialised runtime of that kind ends the process. It comes under the first limit opened, refreshed or
 * entered by a worker after its first use. An MKL that was not used yet is listed and not asked, but limited: that makes it choose and load
 * its threading layer, as its first use would have. So choose the layer ({@code MKL_THREADING_LAYER}, {@code mkl_set_threading_layer})
 * before the first limit.
 *
 * <p>A library that is controlled stays loaded for the life of the JVM, since its functions are called; the one that was loaded last stays
 * until others are loaded after it, since its record in the dynamic linker tells whether anything was.
 *
 * <p>Thread-safe.
 */
public final class NativeThreads {
    private NativeThreads() {}

    /**
     * What is loaded now.
     *
     * @return one description for each library, the number of threads as it is for the calling thread
     */
    public static List<LibraryInfo> info() {
        return LimitSelector.ALL.info();
    }

    /**
     * Limits every library, as long as the limit is open.
     *
     * @param threads at least 1
     * @return the open limit, to be closed by the same thread
     * @throws IllegalArgumentException if threads is below 1
     * @throws IllegalStateException on a virtual thread: the limit would stick to its carrier
     */
    public static ThreadLimit limit(int threads) {
        return OpenLimit.open(LimitSelector.ALL, threads, false);
    }

    /**
     * Limits of different numbers on different libraries, opened together.
     *
     * @return an empty set of limits, to be filled and opened
     */
    public static NativeLimits limits() {
        return new NativeLimits();
    }

    /**
     * Limits every BLAS to 1 thread that does not share its threads with the OpenMP regions it is called in: for code that calls BLAS from
     * inside its own OpenMP parallel regions. A BLAS built on OpenMP is left alone, as a region inside a region has one thread by itself.
     *
     * @return the open limit, to be closed by the same thread
     * @throws IllegalStateException on a virtual thread
     */
    public static ThreadLimit limitSequentialBlasUnderOpenMp() {
        return OpenLimit.open(Selections.SEQUENTIAL_BLAS, 1, false);
    }

    /** Kept, so that it remembers what it picked. */
    private static final class Selections {
        static final LimitSelector SEQUENTIAL_BLAS = LimitSelector.of(
                info -> info.userApi() == UserApi.BLAS && info.threadingLayer() != ThreadingLayer.OPENMP);
    }

    /**
     * A function that runs under a limit on every library, whichever thread calls it.
     *
     * @param threads at least 1
     * @param function what to run
     * @param <T> its input
     * @param <R> its result
     * @return the function inside a limit, which is opened and closed by each call
     * @throws IllegalArgumentException if threads is below 1
     */
    public static <T, R> TaskFunction<T, R> wrap(int threads, TaskFunction<T, R> function) {
        OpenLimit.requireThreads(threads);
        Objects.requireNonNull(function, "function");
        return input -> {
            try (var _ = limit(threads)) {
                return function.apply(input);
            }
        };
    }

    /**
     * A callable that runs under a limit on every library, whichever thread calls it.
     *
     * @param threads at least 1
     * @param callable what to run
     * @param <R> its result
     * @return the callable inside a limit, which is opened and closed by each call
     * @throws IllegalArgumentException if threads is below 1
     */
    public static <R> Callable<R> wrap(int threads, Callable<R> callable) {
        OpenLimit.requireThreads(threads);
        Objects.requireNonNull(callable, "callable");
        return () -> {
            try (var _ = limit(threads)) {
                return callable.call();
            }
        };
    }

    /**
     * Registers a kind of native libraries that Heddle does not know. Those that are loaded already come under limits that are opened from
     * now on.
     *
     * @param family the kind
     * @return what takes it back; libraries that it has recognised by then stay controlled
     * @throws IllegalArgumentException if the family names neither a prefix nor a symbol, or an empty one
     */
    public static Registration register(LibraryFamily family) {
        return LibraryRegistry.register(Objects.requireNonNull(family, "family"));
    }

    /**
     * Registers one more pool, of a library in Java for instance, which comes under limits that are opened from now on.
     *
     * <pre>{@code
     * try (var _ = NativeThreads.register(myPoolController)) { … }
     * }</pre>
     *
     * @param controller reads and sets the size of the pool
     * @return what takes it back
     * @throws IllegalArgumentException if this instance is registered already
     */
    public static Registration register(LibraryController controller) {
        return LibraryRegistry.register(Objects.requireNonNull(controller, "controller"));
    }

    /**
     * Takes libraries that were loaded meanwhile under every limit that the calling thread has open. For code that loads a library inside
     * a limit or a task and uses it at once; without it the library comes under the next limit, or the worker's next range of tasks.
     */
    public static void refreshLimits() {
        OpenLimit.refreshCurrentThread();
    }

    /**
     * The libraries behind one interface. A BLAS built on OpenMP is limited through its OpenMP runtime, so that limit is felt by other
     * code of the same thread that uses the runtime.
     *
     * @param userApi the interface
     * @return a selection of what is loaded now and later
     */
    public static NativeSelection select(UserApi userApi) {
        Objects.requireNonNull(userApi, "userApi");
        return select(info -> info.userApi() == userApi);
    }

    /**
     * The libraries that a filter accepts.
     *
     * @param filter asked about each library again whenever something was loaded
     * @return a selection of what is loaded now and later
     */
    public static NativeSelection select(Predicate<LibraryInfo> filter) {
        return new NativeSelection(LimitSelector.of(Objects.requireNonNull(filter, "filter")));
    }

    /**
     * The libraries whose file name starts with a prefix.
     *
     * @param prefix one that a library is recognised by, such as {@code libopenblas}: see {@link LibraryInfo#prefix()}
     * @return a selection of what is loaded now and later
     * @throws IllegalArgumentException if no kind of library has that prefix
     */
    public static NativeSelection selectPrefix(String prefix) {
        return select(NativeLimits.ofPrefix(prefix));
    }

    /**
     * The library of a file, to tell several copies apart.
     *
     * @param file its file; links are followed
     * @return a selection of that library, loaded now or later
     * @throws IllegalArgumentException if there is no such file, and no loaded library had that name when it was loaded
     */
    public static NativeSelection selectFile(Path file) {
        return select(NativeLimits.ofFile(file));
    }
}
