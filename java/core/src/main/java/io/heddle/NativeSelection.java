package io.heddle;

import io.heddle.control.LibraryInfo;
import io.heddle.limit.ThreadLimit;
import io.heddle.limit.internal.LimitSelector;
import io.heddle.limit.internal.OpenLimit;
import java.util.List;

/** Some of the native libraries: see {@link NativeThreads#select}. Thread-safe, and worth keeping: it remembers what it picked. */
public final class NativeSelection {
    private final LimitSelector selector;

    NativeSelection(LimitSelector selector) {
        this.selector = selector;
    }

    /**
     * What is loaded now and selected.
     *
     * @return one description for each library, the number of threads as it is for the calling thread
     */
    public List<LibraryInfo> info() {
        return selector.info();
    }

    /**
     * Limits the selected libraries, as long as the limit is open.
     *
     * @param threads at least 1
     * @return the open limit, to be closed by the same thread
     * @throws IllegalArgumentException if threads is below 1
     * @throws IllegalStateException on a virtual thread: the limit would stick to its carrier
     */
    public ThreadLimit limit(int threads) {
        return OpenLimit.open(selector, threads, false);
    }
}
