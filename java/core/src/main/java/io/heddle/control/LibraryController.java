package io.heddle.control;

import java.util.Optional;

/**
 * Reads and sets the number of threads of one library, native or in Java. Heddle has one for each library it finds; a user registers
 * others by {@code NativeThreads.register}.
 *
 * <p>Thread-safe. Its methods are called under locks of Heddle's: they wait for no other thread, a task of the pool for one, and open no
 * limit. A controller does not decide who may set what: that is the limit's part, which serialises the calls on a controller of
 * {@linkplain LimitScope#PROCESS process scope} and makes those on a controller of thread scope on the thread concerned.
 */
public interface LibraryController {
    /**
     * What is known of the library, the number of threads as the calling thread finds it now.
     *
     * @return a fresh description
     */
    LibraryInfo info();

    /**
     * Whom {@link #exchange(int)} affects.
     *
     * @return the scope; it never changes
     */
    LimitScope limitScope();

    /**
     * The number of threads in force for the calling thread.
     *
     * @return at least 1
     */
    int threads();

    /**
     * Sets the number of threads.
     *
     * @param threads at least 1; a library may cut it to its own maximum, so read {@link #threads()} back
     * @return the setting that held before, for {@link #restore(int)}; a number of threads if above 0, else the library's own word (MKL: 0
     *     follows the process's number; BLIS: -1 was never set)
     */
    int exchange(int threads);

    /**
     * Gives back what {@link #exchange(int)} returned.
     *
     * @param setting the earlier setting
     */
    void restore(int setting);

    /**
     * Whether every setting that {@link #exchange(int)} returns is a number of threads. If not, the number found is asked for by
     * {@link #threads()} before.
     *
     * @return true by default; it never changes
     */
    default boolean settingIsThreads() {
        return true;
    }

    /**
     * Why the library may hold another number than the one it is given, and what to do, for the warning about it.
     *
     * @return a clause without a full stop; empty by default, for a library that takes every number up to its maximum
     */
    default Optional<String> constraint() {
        return Optional.empty();
    }

    /**
     * Whether its routines, called from a thread, may need more stack than the JVM's default of 1 MB.
     *
     * @return false by default
     */
    default boolean needsLargeStack() {
        return false;
    }

    /**
     * The controller that a limit on this library is set on: itself, or that of the runtime whose threads it uses.
     *
     * @return the controller; empty if the library cannot be limited now
     */
    default Optional<LibraryController> limitedThrough() {
        return Optional.of(this);
    }
}
