package io.heddle.limit.internal;

import io.heddle.control.LibraryInfo;
import io.heddle.control.internal.PrivateController;
import io.heddle.ffi.NativeLibrary;
import io.heddle.limit.ThreadLimit;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a library that was opened for one owner, with a limit and threads of its own. Other than a library that is merely found it can
 * be closed. Thread-safe.
 */
@SuppressWarnings("ReferenceEquality") // each controller is one instance in the process
public final class PrivateLibrary implements AutoCloseable {
    private final Path file;
    private final NativeLibrary library;
    private final PrivateController controller;
    private final LimitSelector selector;

    private PrivateLibrary(Path file, NativeLibrary library, PrivateController controller) {
        this.file = file;
        this.library = library;
        this.controller = controller;
        this.selector = LimitSelector.ofController(controller);
    }

    /**
     * Opens a copy. The first use of its file in this process: the dynamic linker would give a second one the same library.
     *
     * @param file the copy's own file
     * @param owner the only thread whose limits reach it; null if those of every thread do, as for any library
     * @return the open library
     * @throws io.heddle.ffi.NativeLibraryException if the dynamic linker refuses
     * @throws IllegalArgumentException if the file is open already, or is no library whose threads can be controlled
     */
    public static PrivateLibrary open(Path file, @Nullable Thread owner) {
        PrivateController.reserve(file);
        NativeLibrary library = null;
        try {
            library = NativeLibrary.open(file);
            PrivateLibrary opened = new PrivateLibrary(file, library, PrivateController.of(library, file, owner));
            OpenLimit.refreshCurrentThread(); // the limits of the task that opens it hold it from the first call on
            return opened;
        } catch (RuntimeException | Error e) {
            if (library != null) {
                library.release();
            }
            PrivateController.unreserve(file);
            throw e;
        }
    }

    /**
     * The library, for the addresses of its functions.
     *
     * @return the open library
     */
    public NativeLibrary library() {
        return library;
    }

    /**
     * What is known of it.
     *
     * @return its description; after {@link #close()} what it was before
     */
    public LibraryInfo info() {
        return controller.info();
    }

    /**
     * Limits this library and no other, as long as the limit is open.
     *
     * @param threads at least 1
     * @return the open limit, to be closed by the same thread
     * @throws IllegalArgumentException if threads is below 1
     * @throws IllegalStateException on a virtual thread, on another thread than the owner, or after {@link #close()}
     */
    public ThreadLimit limit(int threads) {
        controller.checkUsable("limit(" + threads + ")");
        return OpenLimit.open(selector, threads, false);
    }

    /**
     * Forgets the library and gives its reference back: it is unloaded unless someone else holds it. Nobody may be
     * in a call of it. Limits that are open on it hold nothing from
     * now on. A second call does nothing.
     */
    @Override
    public void close() {
        if (controller.close()) {
            library.release();
            PrivateController.unreserve(file);
        }
    }
}
