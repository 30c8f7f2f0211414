package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LimitScope;
import org.jspecify.annotations.Nullable;

/**
 * A controller that limits are set on.
 *
 * @param index its place in arrays kept by target: small, never used twice in a process
 * @param controller the controller
 * @param owner the only thread whose limits reach it; null for every thread
 * @param ofProcess whether a limit affects every thread
 */
public record LimitTarget(
        int index, LibraryController controller, @Nullable Thread owner, boolean ofProcess) {
    LimitTarget(int index, LibraryController controller, @Nullable Thread owner) {
        this(index, controller, owner, controller.limitScope() == LimitScope.PROCESS);
    }
}
