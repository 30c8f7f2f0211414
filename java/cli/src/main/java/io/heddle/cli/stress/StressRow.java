package io.heddle.cli.stress;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of one library.
 *
 * @param library its file
 * @param version its version; null if unknown
 * @param threadingLayer what it starts its threads with, lower case; null if unknown
 * @param limitScope whom a limit on it affects; null if unknown
 * @param lapack whether it has dgesv
 * @param threads how many Java threads called it
 * @param dgemm how many products were checked
 * @param dgesv how many solutions were checked
 * @param limits how many limits were opened
 * @param unrelated how often another library was loaded and closed meanwhile
 * @param wrong how many results were wrong
 * @param notHeld how many limits of 1 were read back as more, and 1 if on the quiet process more threads worked under it
 * @param leftChanged how many numbers, over all threads and libraries, differed afterwards
 * @param seconds how long it computed
 * @param outcome {@code ok}, or what went wrong
 */
public record StressRow(
        String library,
        @Nullable String version,
        @Nullable String threadingLayer,
        @Nullable String limitScope,
        boolean lapack,
        int threads,
        long dgemm,
        long dgesv,
        long limits,
        long unrelated,
        long wrong,
        long notHeld,
        long leftChanged,
        double seconds,
        String outcome) {
    static final String OK = "ok";

    static StressRow failed(StressSettings settings, String outcome) {
        return new StressRow(
                settings.library(), null, null, null, false, settings.threads(), 0, 0, 0, 0, 0, 0, 0, 0, outcome);
    }

    /** Whether it computed and nothing at all was wrong. */
    public boolean isClean() {
        return outcome.equals(OK) && dgemm > 0 && wrong == 0 && notHeld == 0 && leftChanged == 0;
    }

    /** The same with an outcome that names, behind what it says already, what the numbers tell. */
    StressRow withWhatWasCounted() {
        List<String> found = new ArrayList<>();
        if (!outcome.equals(OK)) {
            found.add(outcome);
        }
        if (wrong > 0) {
            found.add("wrong results");
        }
        if (notHeld > 0) {
            found.add("limit not held");
        }
        if (leftChanged > 0) {
            found.add("limit left changed");
        }
        return found.isEmpty() ? this : withOutcome(String.join("; ", found));
    }

    StressRow withOutcome(String other) {
        return new StressRow(
                library,
                version,
                threadingLayer,
                limitScope,
                lapack,
                threads,
                dgemm,
                dgesv,
                limits,
                unrelated,
                wrong,
                notHeld,
                leftChanged,
                seconds,
                other);
    }
}
