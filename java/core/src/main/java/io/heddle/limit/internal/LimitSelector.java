package io.heddle.limit.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryInfo;
import io.heddle.control.internal.KnownLibraries;
import io.heddle.control.internal.LibraryRegistry;
import io.heddle.control.internal.LimitTarget;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Picks libraries out of those that are loaded, now and later, and perhaps a number for each. Thread-safe. */
@SuppressWarnings("ReferenceEquality") // what is known, and each controller, is one instance in the process
public final class LimitSelector {
    /** Every library. */
    public static final LimitSelector ALL = new LimitSelector(null, null, null);

    private final @Nullable LibraryController only;
    private final @Nullable Predicate<LibraryInfo> filter;
    private final @Nullable ToIntFunction<LibraryInfo> number;
    private volatile @Nullable Picked picked;

    /**
     * What was picked out of what was known.
     *
     * @param from what was known
     * @param targets the targets
     * @param numbers the number of threads for each; null if the limit has one for all
     */
    @SuppressWarnings("ArrayRecordComponent") // read on the path of every limit
    record Picked(KnownLibraries from, LimitTarget[] targets, int @Nullable [] numbers) {}

    private LimitSelector(
            @Nullable LibraryController only,
            @Nullable Predicate<LibraryInfo> filter,
            @Nullable ToIntFunction<LibraryInfo> number) {
        this.only = only;
        this.filter = filter;
        this.number = number;
        this.picked = null;
    }

    /**
     * The libraries that a filter accepts.
     *
     * @param filter asked about each library again whenever something was loaded
     * @return the selector
     */
    public static LimitSelector of(Predicate<LibraryInfo> filter) {
        return new LimitSelector(null, filter, null);
    }

    /**
     * The libraries that are given a number.
     *
     * @param number the number of threads of each library, 0 for one that is not to be limited
     * @return the selector
     */
    public static LimitSelector numbered(ToIntFunction<LibraryInfo> number) {
        return new LimitSelector(null, info -> number.applyAsInt(info) > 0, number);
    }

    /** One library. */
    static LimitSelector ofController(LibraryController controller) {
        return new LimitSelector(controller, null, null);
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

    Picked pick(KnownLibraries known) {
        Picked last = picked;
        if (last == null || last.from() != known) {
            last = only != null
                    ? pickOnly(known, only)
                    : filter == null ? new Picked(known, known.targets(), null) : pickBy(known, filter);
            picked = last;
        }
        return last;
    }

    private static Picked pickOnly(KnownLibraries known, LibraryController only) {
        LimitTarget[] targets = Arrays.stream(known.targets())
                .filter(target -> target.controller() == only)
                .toArray(LimitTarget[]::new);
        return new Picked(known, targets, null);
    }

    private Picked pickBy(KnownLibraries known, Predicate<LibraryInfo> wanted) {
        LimitTarget[] targets = new LimitTarget[known.targets().length];
        int[] numbers = new int[targets.length];
        int count = 0;
        for (LimitTarget target : known.targets()) {
            List<LibraryInfo> users = known.controllers().stream()
                    .filter(controller -> controller.limitedThrough().orElse(null) == target.controller())
                    .map(LibraryController::info)
                    .filter(wanted)
                    .toList();
            if (!users.isEmpty()) {
                targets[count] = target;
                numbers[count++] = number == null
                        ? 0
                        : users.stream().mapToInt(number).min().orElseThrow();
            }
        }
        return new Picked(known, Arrays.copyOf(targets, count), number == null ? null : Arrays.copyOf(numbers, count));
    }
}
