package io.heddle.openblas;

import io.heddle.limit.internal.PrivateLibrary;
import java.nio.file.Path;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A copy of the embedded library, opened for whoever asked. Thread-safe. */
final class PrivateInstance implements AutoCloseable {
    private static final BitSet NUMBERS_IN_USE = new BitSet();

    private final int number;
    private final PrivateLibrary library;
    private final CallGuard guard;

    private PrivateInstance(int number, PrivateLibrary library, @Nullable Thread owner) {
        this.number = number;
        this.library = library;
        this.guard = new CallGuard(library.library().path(), owner);
    }

    /**
     * Opens the copy with the least free number; an owner is the only thread to call it and to limit it. A copy that another Heddle of this
     * JVM has opened, under another class loader, is passed over.
     */
    static PrivateInstance open(@Nullable Thread owner) {
        for (int number = takeNumber(1); ; number = takeNumber(number + 1)) {
            try {
                Path copy = EmbeddedLibrary.copy(number);
                try {
                    return new PrivateInstance(number, EmbeddedLibrary.openPrivate(copy, owner), owner);
                } catch (IllegalArgumentException e) {
                    if (!EmbeddedLibrary.isLoaded(copy)) {
                        throw e;
                    }
                    giveBack(number);
                }
            } catch (RuntimeException | Error e) {
                giveBack(number);
                throw e;
            }
        }
    }

    PrivateLibrary library() {
        return library;
    }

    CallGuard guard() {
        return guard;
    }

    @Override
    public void close() {
        if (guard.close()) {
            try {
                library.close();
            } finally {
                giveBack(number);
            }
        }
    }

    private static int takeNumber(int least) {
        synchronized (NUMBERS_IN_USE) {
            int number = NUMBERS_IN_USE.nextClearBit(least);
            NUMBERS_IN_USE.set(number);
            return number;
        }
    }

    private static void giveBack(int number) {
        synchronized (NUMBERS_IN_USE) {
            NUMBERS_IN_USE.clear(number);
        }
    }
}
