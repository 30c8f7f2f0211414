package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.ffi.NativeLibrary;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Controls a library that can be closed. After that it keeps the number for those limits that are still open, and calls nothing.
 * Thread-safe.
 */
@SuppressWarnings("ReferenceEquality") // a thread is itself only
public final class PrivateController implements LibraryController {
    private final String name;
    private final Path file;
    private final @Nullable Thread owner;
    private @Nullable LibraryController open; // guarded by this, as is what follows
    private LibraryInfo lastInfo;
    private int lastThreads;

    private PrivateController(String name, Path file, LibraryController controller, @Nullable Thread owner) {
        this.name = name;
        this.file = file;
        this.open = controller;
        this.owner = owner;
        this.lastInfo = controller.info();
        this.lastThreads = controller.threads();
    }

    /**
     * Keeps a library that is going to be opened out of the sight of everybody's limits.
     *
     * @param file its file, by the very name it is going to be opened by
     * @throws IllegalArgumentException if it is open or reserved already
     */
    public static void reserve(Path file) {
        Optional<NativeLibrary> there = NativeLibrary.loaded(NativeLibrary.nameOf(file));
        there.ifPresent(NativeLibrary::release);
        if (there.isPresent() || !LibraryRegistry.reserve(file)) {
            throw new IllegalArgumentException(
                    "file = " + file + " is open in this process already: a private library needs a copy of"
                            + " the file that nobody else has opened");
        }
    }

    /**
     * Ends {@link #reserve}. To be called when the library has been released.
     *
     * @param file the file
     */
    public static void unreserve(Path file) {
        LibraryRegistry.unreserve(file);
    }

    /**
     * Takes a reserved library under control.
     *
     * @param library the open library
     * @param file its file, as it was reserved
     * @param owner the only thread whose limits reach it; null for every thread
     * @return its controller
     * @throws IllegalArgumentException if its threads cannot be controlled, or belong to a runtime that others use too
     */
    public static PrivateController of(NativeLibrary library, Path file, @Nullable Thread owner) {
        LibraryController controller = LibraryRegistry.bindReserved(library, file)
                .filter(each -> each.limitedThrough().orElse(null) == each)
                .orElseThrow(
                        () -> new IllegalArgumentException(
                                "file = " + file
                                        + " has no threads of its own that Heddle can control: give an OpenBLAS on POSIX threads or a BLIS"));
        PrivateController made =
                new PrivateController("private:" + NativeLibrary.nameOf(file), file, controller, owner);
        LibraryRegistry.add(made.name, made, owner);
        return made;
    }

    /**
     * Forgets the library; its functions are not called any more.
     *
     * @return false if that was done before
     */
    public boolean close() {
        LibraryRegistry.remove(name, this);
        synchronized (this) {
            if (open == null) {
                return false;
            }
            lastInfo = info();
            lastThreads = open.threads();
            open = null;
        }
        return true;
    }

    /**
     * Refuses a closed library, and every thread but the owner.
     *
     * @param call the call, for the message
     * @throws IllegalStateException if it is not to be used now and here
     */
    public synchronized void checkUsable(String call) {
        if (open == null) {
            throw new IllegalStateException(call + " on " + file + ", which is closed: open a new instance");
        }
        if (owner != null && owner != Thread.currentThread()) {
            throw new IllegalStateException(call + " was called by " + Thread.currentThread()
                    + " on a library that belongs to " + owner + ": take the calling worker's own instance");
        }
    }

    @Override
    public synchronized LibraryInfo info() {
        if (open == null) {
            return lastInfo;
        }
        LibraryInfo info = open.info();
        return new LibraryInfo(
                info.userApi(),
                info.internalApi(),
                info.path(),
                info.prefix(),
                info.version(),
                info.threadingLayer(),
                info.architecture(),
                info.threads(),
                limitScope(),
                info.details());
    }

    @Override
    public LimitScope limitScope() {
        return owner == null ? LimitScope.PROCESS : LimitScope.CURRENT_THREAD;
    }

    @Override
    public synchronized int threads() {
        return open == null ? lastThreads : open.threads();
    }

    @Override
    public synchronized int exchange(int threads) {
        if (open != null) {
            return open.exchange(threads);
        }
        int found = lastThreads;
        lastThreads = threads;
        return found;
    }

    @Override
    public synchronized void restore(int setting) {
        if (open == null) {
            lastThreads = setting;
        } else {
            open.restore(setting);
        }
    }

    @Override
    public boolean settingIsThreads() {
        return false; // of any kind of library
    }

    @Override
    public boolean needsLargeStack() {
        return true;
    }
}
