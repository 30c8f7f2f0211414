package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import org.jspecify.annotations.Nullable;

/**
 * A controller that limits are set on.
 *
 * @param index its place in arrays kept by target: small, never used twice in a process
 * @param controller the controller
 * @param owner the only thread whose limits reach it; null for every thread
 */
public record LimitTarget(
        int index, LibraryController controller, @Nullable Thread owner) {}
