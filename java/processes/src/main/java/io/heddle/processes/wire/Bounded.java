package io.heddle.processes.wire;

import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Texts of users' objects for messages: bounded, and whatever the objects' own methods do. */
public final class Bounded {
    private static final int MOST = 60;
    private static final int MOST_OF_FAILURE = 1000;

    private Bounded() {}

    /** What an object says of itself; of one that may have millions of elements its class. */
    public static String text(@Nullable Object object) {
        try {
            return object instanceof Collection<?> || object instanceof Map<?, ?>
                    ? "of the class " + object.getClass().getName()
                    : cut(String.valueOf(object), MOST);
        } catch (Throwable e) { // the user's toString
            return "(its toString() threw " + e.getClass().getName() + ")";
        }
    }

    /** What a failure says of itself: its class at least. */
    public static String failure(Throwable failure) {
        try {
            return cut(failure.toString(), MOST_OF_FAILURE);
        } catch (Throwable e) { // the user's getMessage
            return failure.getClass().getName() + " (its toString() threw "
                    + e.getClass().getName() + ")";
        }
    }

    /** A failure's message as it is. */
    static @Nullable String message(Throwable failure) {
        try {
            return failure.getMessage();
        } catch (Throwable e) { // the user's
            return "(its getMessage() threw " + e.getClass().getName() + ")";
        }
    }

    /** The beginning of a text. */
    static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "…";
    }
}
