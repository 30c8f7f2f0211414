package io.heddle.backend;

import java.util.Locale;

/** What the contract of backends is about: the columns of the README's table. */
public enum Area {
    RESULTS,
    ORDER,
    ERRORS,
    CANCELLATION,
    TIME_LIMIT,
    NESTING,
    /** By use: the threads that work are counted. */
    INNER_LIMIT,
    SCATTER,
    PROGRESS,
    CONTEXT;

    /** Its name in the table. */
    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
