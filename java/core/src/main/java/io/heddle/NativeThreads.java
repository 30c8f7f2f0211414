package io.heddle;

import io.heddle.control.LibraryInfo;
import io.heddle.control.UserApi;
import io.heddle.limit.ThreadLimit;
import io.heddle.limit.internal.LimitSelector;
import io.heddle.limit.internal.OpenLimit;
import java.util.List;
import java.util.Objects;
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
 * OpenMP, under every prefix and suffix of its symbols) and the OpenMP runtimes libgomp, libomp and libiomp5. Each says in
 * {@link LibraryInfo#limitScope()} whom a limit on it affects; how limits overlap is told in {@link io.heddle.limit}. A runtime that serves
 * an OpenBLAS built on OpenMP is held at 1 thread or at that library's own number, as numbers in between give wrong results there.
 *
 * <p>An LLVM or Intel OpenMP runtime that is loaded but was not used yet is listed, but neither asked nor limited: the first call would
 * initialise it, and a second initialised runtime of that kind ends the process. It comes under the first limit opened, refreshed or
 * entered by a worker after its first use.
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
}
