package io.heddle;

import java.lang.reflect.Array;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How an object of the user's appears in a message: bounded, and whatever its own methods do. */
final class Shown {
    private static final int LONGEST = 200;

    private final StringBuilder text = new StringBuilder();

    private Shown() {}

    /** An input: its string form; of a collection, a map or an array the first elements, as it may have millions. */
    static String of(Object input) {
        try {
            Shown shown = new Shown();
            shown.add(input);
            return bounded(shown.text.toString());
        } catch (Throwable e) { // whatever it is, what failed before is what matters
            return failed(input, e);
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

    private void add(@Nullable Object object) {
        if (object instanceof Collection<?> collection) {
            addAll(collection);
        } else if (object instanceof Map<?, ?> map) {
            addAll(map);
        } else if (object != null && object.getClass().isArray()) {
            addArray(object);
        } else {
            addLeaf(object);
        }
    }

    private void addAll(Collection<?> collection) {
        text.append('[');
        Iterator<?> elements = collection.iterator();
        for (boolean first = true; !isFull() && elements.hasNext(); first = false) {
            text.append(first ? "" : ", ");
            add(elements.next());
        }
        text.append(']');
    }

    private void addAll(Map<?, ?> map) {
        text.append('{');
        Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
        for (boolean first = true; !isFull() && entries.hasNext(); first = false) {
            Map.Entry<?, ?> entry = entries.next();
            text.append(first ? "" : ", ");
            add(entry.getKey());
            text.append('=');
            add(entry.getValue());
        }
        text.append('}');
    }

    private void addArray(Object array) {
        text.append('[');
        for (int i = 0; !isFull() && i < Array.getLength(array); i++) {
            text.append(i == 0 ? "" : ", ");
            add(Array.get(array, i));
        }
        text.append(']');
    }

    private void addLeaf(@Nullable Object object) {
        String shown;
        try {
            shown = String.valueOf(object);
        } catch (Throwable e) { // as above
            shown = object == null ? "null" : failed(object, e);
        }
        text.append(shown, 0, Math.min(shown.length(), LONGEST + 1));
    }

    private boolean isFull() {
        return text.length() > LONGEST;
    }

    private static String failed(Object object, Throwable by) {
        return name(object) + " (its toString failed: " + name(by) + ")";
    }

    private static String name(Object object) {
        return object.getClass().getName();
    }

    private static String bounded(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
