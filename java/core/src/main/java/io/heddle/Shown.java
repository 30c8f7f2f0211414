package io.heddle;

/** How an object of the user's appears in a message: bounded, and whatever its own methods do. */
final class Shown {
    private static final int LONGEST = 200;

    private Shown() {}

    /** An input: its string form. */
    static String of(Object input) {
        try {
            return bounded(String.valueOf(input));
        } catch (Throwable e) { // whatever it is, what failed before is what matters
            return name(input) + " (its toString failed: " + name(e) + ")";
        }
    }

    /** A cause: type and message. Of a nested call's failure only the type, since its own message is in the chain of causes. */
    static String of(Throwable cause) {
        if (cause instanceof ParallelException) {
            return name(cause) + " of a nested call";
        }
        try {
            String message = cause.getMessage();
            return message == null ? name(cause) : name(cause) + ": " + bounded(message);
        } catch (Throwable e) { // as above
            return name(cause) + " (its getMessage failed: " + name(e) + ")";
        }
    }

    private static String name(Object object) {
        return object.getClass().getName();
    }

    private static String bounded(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
