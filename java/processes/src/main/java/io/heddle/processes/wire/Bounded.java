package io.heddle.processes.wire;

import org.jspecify.annotations.Nullable;

/** Texts of users' objects for messages. */
final class Bounded {
    private static final int MOST = 60;

    private Bounded() {}

    static String text(@Nullable Object object) {
        try {
            String text = String.valueOf(object);
            return text.length() <= MOST ? text : text.substring(0, MOST) + "…";
        } catch (Throwable e) { // the user's toString
            return "(its toString() threw " + e.getClass().getName() + ")";
        }
    }
}
