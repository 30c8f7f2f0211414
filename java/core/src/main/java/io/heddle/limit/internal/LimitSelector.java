package io.heddle.limit.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.internal.KnownLibraries;
import io.heddle.control.internal.LibraryRegistry;
import io.heddle.control.internal.LimitTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Picks libraries out of those that are loaded, now and later. Thread-safe. */
@SuppressWarnings("ReferenceEquality") // what is known, and each controller, is one instance in the process
public final class LimitSelector {
    /** Every library. */
    public static final LimitSelector ALL = new LimitSelector(null);

    private final @Nullable Predicate<LibraryInfo> filter;
    private volatile @Nullable Picked picked;

    @SuppressWarnings("ArrayRecordComponent") // read on the path of every limit
    private record Picked(KnownLibraries from, LimitTarget[] targets) {}

    private LimitSelector(@Nullable Predicate<LibraryInfo> filter) {
        this.filter = filter;
    }

    /**
     * The libraries that a filter accepts.
     *
     * @param filter asked about each library again whenever something was loaded
     * @return the selector
     */
    public static LimitSelector of(Predicate<LibraryInfo> filter) {
        return new LimitSelector(filter);
    }

    /**
     * What is loaded now and picked.
     *
     * @return one description for each library
     */
    public List<LibraryInfo> info() {
        return LibraryRegistry.current().controllers().stream()
                .map(LibraryController::info)
                .filter(info -> filter == null || filter.test(info))
                .toList();
    }

    LimitTarget[] targets(KnownLibraries known) {
        if (filter == null) {
            return known.targets();
        }
        Picked last = picked;
        if (last == null || last.from() != known) {
            last = new Picked(known, pick(known, filter));
            picked = last;
        }
        return last.targets();
    }

    private static LimitTarget[] pick(KnownLibraries known, Predicate<LibraryInfo> filter) {
        List<LimitTarget> targets = new ArrayList<>();
        for (LimitTarget target : known.targets()) {
            boolean wanted = known.controllers().stream()
                    .filter(controller -> controller.limitedThrough().orElse(null) == target.controller())
                    .anyMatch(controller -> filter.test(controller.info()));
            if (wanted) {
                targets.add(target);
            }
        }
        return targets.toArray(new LimitTarget[0]);
    }
}
