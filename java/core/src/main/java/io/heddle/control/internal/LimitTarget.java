package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LimitScope;
import org.jspecify.annotations.Nullable;

/** A controller that limits are set on; one instance for each controller. Thread-safe. */
public final class LimitTarget {
    private final int index;
    private final LibraryController controller;
    private final @Nullable Thread owner;
    private final boolean ofProcess;
    private volatile @Nullable Object lease;

    LimitTarget(int index, LibraryController controller, @Nullable Thread owner) {
        this.index = index;
        this.controller = controller;
        this.owner = owner;
        this.ofProcess = controller.limitScope() == LimitScope.PROCESS;
    }

    /**
     * Its place in arrays kept by target.
     *
     * @return small, never used twice in a process
     */
    public int index() {
        return index;
    }

    /**
     * The controller.
     *
     * @return always the same
     */
    public LibraryController controller() {
        return controller;
    }

    /**
     * The only thread whose limits reach it.
     *
     * @return null for every thread
     */
    public @Nullable Thread owner() {
        return owner;
    }

    /**
     * Whom a limit affects.
     *
     * @return true for every thread of the process
     */
    public boolean ofProcess() {
        return ofProcess;
    }

    /**
     * What the limits of the process keep here, so that it goes when the target does.
     *
     * @return null before {@link #lease(Object)}
     */
    public @Nullable Object lease() {
        return lease;
    }

    /**
     * Keeps something for the limits of the process.
     *
     * @param kept what to keep
     */
    public void lease(Object kept) {
        lease = kept;
    }

    @Override
    public String toString() {
        return controller.toString();
    }
}
