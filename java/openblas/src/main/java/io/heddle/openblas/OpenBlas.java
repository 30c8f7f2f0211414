package io.heddle.openblas;

import io.heddle.NativeThreads;
import io.heddle.backend.WorkerLocal;
import io.heddle.control.LibraryInfo;
import io.heddle.ffi.NativeLibrary;
import io.heddle.limit.ThreadLimit;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One opened OpenBLAS: a limit, threads and a lock of its own.
 *
 * <table>
 * <caption>Whose it is</caption>
 * <tr><th>Opened by</th><th>Which library</th><th>Whom a limit on it affects</th><th>Closed</th></tr>
 * <tr><td>{@link #shared()}</td><td>the embedded one</td><td>the process</td><td>never</td></tr>
 * <tr><td>{@link #ofWorker()}</td><td>a copy for each worker of the threads backend</td><td>the worker</td><td>with the worker</td></tr>
 * <tr><td>{@link #newInstance()}</td><td>a copy for the caller</td><td>everyone who calls this copy</td><td>by {@link #close()}</td></tr>
 * <tr><td>{@link #open open(…)}</td><td>the caller's own file</td><td>as {@link #info()} says</td><td>never</td></tr>
 * </table>
 *
 * <p>Multi-threaded calls of one OpenBLAS queue behind one lock, so a small product waits for a big one of another thread; and there is one
 * number of threads for all. Two instances know nothing of each other: they compute at the same time, each at its own number.
 * {@code NativeThreads} finds every one of them. The limits that the calling thread has open when it gets a library hold for it at once, so a
 * task may open it and compute.
 *
 * <p><b>What an instance takes</b> beside {@link #shared()}: 37 MB of address space for the file ({@link #mappedBytes()}), of which 2 MB are in
 * memory when it computes ({@link #residentBytes()}); some 6 MB of work buffers for each thread that computes big products, reserved in
 * hundreds of MB of address space; and its threads, one fewer than there are CPUs, which sleep while there is nothing to do. The first time a
 * file of 37 MB in the {@linkplain #cacheFolder() cache folder}, which shares its blocks with the original on Btrfs and XFS. Files are kept
 * and used again by later instances and JVMs, several JVMs at once too: there are as many as one JVM ever had instances open at once. They
 * may be deleted at any time.
 *
 * <p>Thread-safe, but for what {@link #ofWorker()} returns, which serves its worker alone. Call LAPACK routines from threads with stacks of at
 * least 16 MB (the workers of {@code Parallel} have them): OpenBLAS keeps large buffers on the stack of its caller.
 */
public final class OpenBlas implements AutoCloseable {
    private static final Object SHARED_LOCK = new Object();
    private static final WorkerLocal<WorkersInstance> OF_WORKER = WorkerLocal.withInitial(WorkersInstance::open);
    private static volatile @Nullable OpenBlas shared;

    private final NativeLibrary library;
    private final @Nullable PrivateInstance instance;
    private final boolean closedByCaller;

    private OpenBlas(NativeLibrary library) {
        this.library = library;
        this.instance = null;
        this.closedByCaller = false;
    }

    private OpenBlas(PrivateInstance instance, boolean closedByCaller) {
        this.library = instance.library().library();
        this.instance = instance;
        this.closedByCaller = closedByCaller;
    }

    /** The instance as a worker keeps it: only the worker's end closes it. */
    private record WorkersInstance(OpenBlas face, PrivateInstance instance) implements AutoCloseable {
        static WorkersInstance open() {
            PrivateInstance instance = PrivateInstance.open(Thread.currentThread());
            return new WorkersInstance(new OpenBlas(instance, false), instance);
        }

        @Override
        public void close() {
            instance.close();
        }
    }

    /**
     * The embedded OpenBLAS, unpacked and opened at the first call, the same one at each later call. A call that failed is
     * tried anew by the next.
     *
     * <p>The files lie in the user's {@linkplain #cacheFolder() cache folder}. They are checked against the jar each time
     * before they are opened.
     *
     * @return the embedded library
     * @throws OpenBlasException if the jar is absent, the platform is not linux-x86_64, or the files cannot be unpacked,
     *     trusted or opened
     */
    public static OpenBlas shared() {
        OpenBlas opened = shared;
        if (opened == null) {
            synchronized (SHARED_LOCK) {
                opened = shared;
                if (opened == null) {
                    opened = new OpenBlas(EmbeddedLibrary.openShared());
                    shared = opened;
                }
            }
        }
        NativeThreads.refreshLimits(); // another thread may have opened it after this one's limit was
        return opened;
    }

    /**
     * The calling worker's own instance of the embedded OpenBLAS: opened at its first call, the same one in all its later tasks, closed when
     * the worker ends (as a {@link WorkerLocal} is). On every other thread it is {@link #shared()}: on the caller's own, where one job or
     * the sequential backend runs the tasks, outside of tasks, and in a worker process, which has its process to itself.
     *
     * <pre>{@code
     * Parallel.builder().jobs(2).innerMaxNumThreads(2).build().map(inputs, input -> {
     *     OpenBlas blas = OpenBlas.ofWorker();
     *     try (var _ = blas.limit(input.isSmall() ? 1 : 2)) { … }    // nobody else's number changes
     * });
     * }</pre>
     *
     * <p>Only the limits of its worker hold it: the call's inner limit and what the task opens. Only the worker may use it: tasks that a
     * task starts on other threads ask for their own. {@link #close()} does nothing to it.
     *
     * <p>There is no option of the backend for it, since it is the task that knows whether it computes with OpenBLAS: workers that do not,
     * and tasks that are content with one library for all, pay nothing.
     *
     * @return the worker's instance, or the shared library
     * @throws OpenBlasException as {@link #newInstance()}
     */
    public static OpenBlas ofWorker() {
        return OF_WORKER.get().map(WorkersInstance::face).orElseGet(OpenBlas::shared);
    }

    /**
     * Another instance of the embedded OpenBLAS, out of a copy of its file. To be closed; one that is not stays open for the life of the JVM.
     * Its copy is checked against the jar before it is opened, and replaced if it is damaged.
     *
     * <p>It is everybody's to use: limits of every thread hold it as long as they are open, as they do {@link #shared()}, and a limit by
     * {@link #limit(int)} affects this instance alone.
     *
     * @return the instance
     * @throws OpenBlasException if the jar is absent, the platform is not linux-x86_64, or the files cannot be unpacked, copied, trusted
     *     or opened
     */
    public static OpenBlas newInstance() {
        return new OpenBlas(PrivateInstance.open(null), true);
    }

    /**
     * Opens an OpenBLAS of the user's own.
     *
     * @param library the library file
     * @param dependenciesFirst libraries that it needs and the system's loader does not find by itself, opened before it
     *     in this order
     * @return the opened library
     * @throws OpenBlasException if a file is absent or cannot be opened, or the library is not an OpenBLAS
     */
    public static OpenBlas open(Path library, Path... dependenciesFirst) {
        Objects.requireNonNull(library, "library");
        for (Path dependency : dependenciesFirst) {
            EmbeddedLibrary.open(dependency);
        }
        NativeLibrary opened = EmbeddedLibrary.open(library);
        if (!isOpenBlas(opened)) {
            throw new OpenBlasException(
                    "OpenBlas.open(" + library + "): the file has no openblas_get_num_threads, with any"
                            + " known prefix or suffix, so it is not an OpenBLAS. Name the libopenblas file itself.");
        }
        NativeThreads.refreshLimits();
        return new OpenBlas(opened);
    }

    /**
     * The user's cache folder, of which this class uses the folder {@code openblas}: {@code $HEDDLE_CACHE}, else
     * {@code $XDG_CACHE_HOME/heddle}, else {@code ~/.cache/heddle}. It need not exist.
     *
     * @return its absolute path
     * @throws OpenBlasException if no variable is set and the user has no home folder
     */
    public static Path cacheFolder() {
        return LibraryCache.ofUser().root();
    }

    /**
     * The file that was opened.
     *
     * @return its absolute path
     */
    public Path path() {
        return library.path();
    }

    /**
     * A method handle on a function of this library. A handle of an instance that can be closed throws an {@link IllegalStateException} when
     * it is called after that, or by another thread than the worker whose the instance is; it costs 1 to 3 ns more for it. The address of a
     * function that was given to native code is not guarded: it is dead once the instance is closed.
     *
     * @param symbol the exported name, for instance {@code cblas_dgemm} or {@code dpotrf_}
     * @param descriptor the C signature
     * @param options linker options; {@link Linker.Option#critical} is not for calls that compute for long
     * @return the handle
     * @throws NoSuchElementException if the library has no such symbol; the message names symbol and file
     * @throws IllegalStateException if this instance is closed, or another worker's
     */
    public MethodHandle downcall(String symbol, FunctionDescriptor descriptor, Linker.Option... options) {
        if (instance == null) {
            return library.downcall(symbol, descriptor, options);
        }
        CallGuard guard = instance.guard();
        return guard.guarded(guard.whileOpen(() -> library.downcall(symbol, descriptor, options)));
    }

    /**
     * Limits this library and no other. On {@link #ofWorker()} that is the worker's affair alone; on every other it affects whom
     * {@link #info()} says. As always the least of all limits holds: one that a task opens cannot exceed the call's inner limit.
     *
     * @param threads at least 1
     * @return the open limit, to be closed by the same thread
     * @throws IllegalArgumentException if threads is below 1
     * @throws IllegalStateException on a virtual thread, or if this instance is closed, or another worker's
     */
    public ThreadLimit limit(int threads) {
        PrivateInstance own = instance;
        return own == null
                ? NativeThreads.selectFile(path()).limit(threads)
                : own.guard().whileOpen(() -> own.library().limit(threads));
    }

    /**
     * What is known of this library, the number of threads as the calling thread finds it now.
     *
     * @return a fresh description
     * @throws IllegalStateException if this instance is closed, or another worker's
     */
    public LibraryInfo info() {
        PrivateInstance own = instance;
        return own == null
                ? NativeThreads.selectFile(path()).info().getFirst()
                : own.guard().whileOpen(() -> own.library().info());
    }

    /**
     * The address space that the library's file takes. Not counted: work buffers, stacks of its threads, what it keeps for each thread that
     * calls it (140 kB) and its zeroed data (64 kB). Reads /proc/self/smaps, which takes milliseconds.
     *
     * @return bytes
     * @throws IllegalStateException if this instance is closed, or another worker's
     */
    public long mappedBytes() {
        return memory().mappedBytes();
    }

    /**
     * The part of {@link #mappedBytes()} that is in memory now, grown by use. Pages that were only read are shared with other processes that
     * opened the same file, and the kernel can drop them.
     *
     * @return bytes
     * @throws IllegalStateException if this instance is closed, or another worker's
     */
    public long residentBytes() {
        return memory().residentBytes();
    }

    private LibraryMemory memory() {
        return instance == null
                ? LibraryMemory.of(library)
                : instance.guard().whileOpen(() -> LibraryMemory.of(library));
    }

    /**
     * Closes an instance of {@link #newInstance()}: open limits forget it, its threads end, it is unloaded. A second call does nothing.
     *
     * <p>Does nothing to the libraries of {@link #shared()} and {@link #open}, which belong to everybody, nor to {@link #ofWorker()}'s, which
     * belongs to the worker.
     *
     * @throws IllegalStateException if a call is running in it; it stays open then
     */
    @Override
    public void close() {
        if (instance != null && closedByCaller) {
            instance.close();
        }
    }

    @Override
    public String toString() {
        return "OpenBlas[" + path() + "]";
    }

    private static boolean isOpenBlas(NativeLibrary library) {
        return Stream.of("", "scipy_")
                .flatMap(prefix ->
                        Stream.of("", "64_", "_64").map(suffix -> prefix + "openblas_get_num_threads" + suffix))
                .anyMatch(symbol -> library.find(symbol).isPresent());
    }
}
