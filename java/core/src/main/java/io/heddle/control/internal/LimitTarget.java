package io.heddle.control.internal;

import io.heddle.control.LibraryController;

/**
 * A controller that limits are set on.
 *
 * @param index its place in arrays kept by target: small, never used twice in a process
 * @param controller the controller
 */
public record LimitTarget(int index, LibraryController controller) {}
