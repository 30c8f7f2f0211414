package io.heddle.processes.wire;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamField;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/*
 * Serialisation may look into every object, whatever its module opens to whom, and asks a stream that wants to be asked what to write in the
 * place of each object that it meets. So the parts of an object are seen by writing it to nowhere, with nothing in the place of each. They come
 * in the order of the class's fields; a field that is null, or has what an earlier one has, is not asked about.
 */
/** What serialisation finds in an object that reflection may not look into. */
final class Parts {
    private static final int MOST = 1_000;

    private Parts() {}

    /**
     * A part.
     *
     * @param value the object
     * @param name the field that has it as far as that is certain
     */
    record Part(Object value, String name) {}

    /** The parts of an object, as far as its own code lets them be seen. */
    static List<Part> of(Object object) {
        List<Object> values = Seen.in(object).parts;
        List<Class<?>> types = values.stream().<Class<?>>map(Object::getClass).toList();
        List<ObjectStreamField> fields = new ArrayList<>();
        Deque<Class<?>> classes = new ArrayDeque<>();
        for (Class<?> type = object.getClass();
                type != null && Serializable.class.isAssignableFrom(type);
                type = type.getSuperclass()) {
            classes.push(type);
        }
        List<String> names = new ArrayList<>();
        for (Class<?> type : classes) {
            ObjectStreamClass described = ObjectStreamClass.lookup(type);
            for (ObjectStreamField field : described == null ? new ObjectStreamField[0] : described.getFields()) {
                if (!field.isPrimitive()) {
                    fields.add(field);
                    names.add("the field " + type.getSimpleName() + "." + field.getName());
                }
            }
        }
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            parts.add(new Part(values.get(i), name(i, types, fields, names, object)));
        }
        return parts;
    }

    private static String name(
            int part, List<Class<?>> types, List<ObjectStreamField> fields, List<String> names, Object of) {
        if (types.size() == fields.size()) {
            return names.get(part);
        }
        String only = null;
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).getType().isAssignableFrom(types.get(part))) {
                if (only != null) {
                    only = null;
                    break;
                }
                only = names.get(i);
            }
        }
        return only == null ? "a field of a " + of.getClass().getSimpleName() : only;
    }

    /** What an object has itself replaced by; itself if it does not; null if that cannot be seen. */
    static @Nullable Object replacement(Object object) {
        return Seen.in(object).first;
    }

    /** Writes nothing, and remembers what it was asked to write. */
    private static final class Seen extends ObjectOutputStream {
        final List<Object> parts = new ArrayList<>();

        @Nullable
        Object first;

        private Seen() throws IOException {
            super(OutputStream.nullOutputStream());
            enableReplaceObject(true);
        }

        static Seen in(Object object) {
            Seen seen;
            try {
                seen = new Seen();
            } catch (IOException e) {
                throw new IllegalStateException(e); // from nowhere
            }
            try (seen) {
                seen.writeObject(object);
            } catch (IOException | RuntimeException e) {
                // the object's own code cannot do without its parts; what was seen stays
            }
            return seen;
        }

        @Override
        protected @Nullable Object replaceObject(Object object) {
            if (first == null) {
                first = object;
                return object;
            }
            if (parts.size() == MOST) {
                throw new IllegalStateException(); // it ends here
            }
            parts.add(object);
            return null;
        }
    }
}
