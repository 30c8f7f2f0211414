package io.heddle.processes.wire;

import io.heddle.backend.SharedFunction;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.LocalVariableInfo;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.AccessFlag;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/*
 * The JDK names only the class of what it cannot serialise. A user wants to know how that got into his task: through which variable that his
 * lambda captures, and which field. So the objects are walked as serialisation would, breadth first, for the shortest way. What reflection
 * may not look into (a module that is not open to this one), serialisation itself is asked for, see Parts. To look costs less than to serialise:
 * so many objects are met and no more, and the way is put in words for the one that is found.
 */
/** Says what in an object cannot be serialised, and how it got there. */
public final class Unsendable {
    private static final int MOST_OBJECTS = 10_000;
    private static final int MOST_ELEMENTS = 1_000; // of one array, collection or map
    private static final int MOST_PARTS = 12; // of a way that is put in words

    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Step> next = new ArrayDeque<>();
    private int met;
    private @Nullable Step found;

    /** An object, where it was found, and as what part of that; the root is found nowhere, and as nothing. */
    private record Step(
            Object object, @Nullable Step in, @Nullable Supplier<String> part) {
        /** The way to it from the task. Empty for the root. */
        String way() {
            List<Supplier<String>> parts = new ArrayList<>();
            for (Step each = this; each != null; each = each.in) {
                if (each.part != null) {
                    parts.add(each.part);
                }
            }
            if (parts.size() > MOST_PARTS) {
                parts.subList(MOST_PARTS / 2, parts.size() - MOST_PARTS / 2).clear();
                parts.add(MOST_PARTS / 2, () -> "…");
            }
            return parts.stream().map(Supplier::get).collect(Collectors.joining(" of "));
        }
    }

    private Unsendable() {}

    /**
     * What is wrong with an object, in words.
     *
     * @param root what was to be sent
     * @param cause what serialising it threw
     */
    public static String describe(Object root, Throwable cause) {
        try {
            Step found = new Unsendable().find(root);
            if (found != null) {
                String way = found.way();
                return (way.isEmpty() ? "it" : way) + " is of the class "
                        + found.object().getClass().getName() + ", which is not Serializable";
            }
        } catch (Throwable e) {
            // the cause must do: the objects are the user's, and so is the code that fails
        }
        return Bounded.failure(cause);
    }

    private @Nullable Step find(Object root) {
        meet(root, null, null);
        while (mayMeetMore() && !next.isEmpty()) {
            look(next.remove());
        }
        return found;
    }

    private boolean mayMeetMore() {
        return found == null && met < MOST_OBJECTS;
    }

    private void meet(@Nullable Object object, @Nullable Step in, @Nullable Supplier<String> part) {
        met++;
        if (found != null || object == null || isPlain(object) || !seen.add(object)) {
            return;
        }
        Step step = new Step(object, in, part);
        if (object instanceof Serializable) {
            next.add(step);
        } else {
            found = step;
        }
    }

    private static boolean isPlain(Object object) {
        return object instanceof String
                || (object instanceof Number && object.getClass().getModule().equals(Object.class.getModule()))
                || object instanceof Boolean
                || object instanceof Character
                || object instanceof Enum<?>
                || object instanceof Class<?>
                || (object.getClass().isArray()
                        && object.getClass().componentType().isPrimitive());
    }

    private void look(Step step) {
        Object object = step.object();
        switch (object) {
            case Object[] array -> lookInto(Arrays.asList(array), step);
            case Collection<?> collection -> lookInto(collection, step);
            case Map<?, ?> map -> lookInto(map, step);
            case SerializedLambda lambda ->
                lookInto(lambda, Thread.currentThread().getContextClassLoader(), step);
            default -> {
                SerializedLambda lambda = lambda(object);
                if (lambda != null) {
                    lookInto(lambda, object.getClass().getClassLoader(), step);
                } else {
                    lookIntoFields(object, step);
                }
            }
        }
    }

    private void lookInto(Collection<?> collection, Step step) {
        Iterator<?> elements = collection.iterator();
        for (int i = 0; i < MOST_ELEMENTS && mayMeetMore() && elements.hasNext(); i++) {
            int index = i;
            meet(elements.next(), step, () -> "element " + index);
        }
    }

    private void lookInto(Map<?, ?> map, Step step) {
        Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
        for (int i = 0; i < MOST_ELEMENTS && mayMeetMore() && entries.hasNext(); i++) {
            Map.Entry<?, ?> entry = entries.next();
            Object key = entry.getKey();
            meet(key, step, () -> "a key");
            meet(entry.getValue(), step, () -> "the value of the key " + Bounded.text(key));
        }
    }

    private static @Nullable SerializedLambda lambda(Object object) {
        if (!object.getClass().isHidden() && !object.getClass().isSynthetic()) {
            return null;
        }
        try {
            Method replace = object.getClass().getDeclaredMethod("writeReplace");
            replace.setAccessible(true);
            return replace.invoke(object) instanceof SerializedLambda lambda ? lambda : null;
        } catch (InaccessibleObjectException e) {
            return Parts.replacement(object) instanceof SerializedLambda lambda ? lambda : null;
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    private void lookInto(SerializedLambda lambda, @Nullable ClassLoader loader, Step step) {
        String place = "the lambda in " + lambda.getCapturingClass().replace('/', '.');
        for (int i = 0; i < lambda.getCapturedArgCount(); i++) {
            int index = i;
            meet(lambda.getCapturedArg(i), step, () -> {
                String variable = variable(lambda, index, loader);
                return (variable == null ? "what is captured by " : "'" + variable + "', captured by ") + place;
            });
        }
    }

    /** The name of a captured variable, as far as the class file has it: lambdas take what they capture as their first parameters. */
    private static @Nullable String variable(SerializedLambda lambda, int index, @Nullable ClassLoader loader) {
        boolean instance = lambda.getImplMethodKind() != java.lang.invoke.MethodHandleInfo.REF_invokeStatic;
        if (instance && index == 0) {
            return "this";
        }
        if (loader == null) {
            return null;
        }
        try (InputStream in = loader.getResourceAsStream(lambda.getImplClass() + ".class")) {
            if (in == null) {
                return null;
            }
            ClassModel type = ClassFile.of().parse(in.readAllBytes());
            for (MethodModel method : type.methods()) {
                if (method.methodName().equalsString(lambda.getImplMethodName())
                        && method.methodType().equalsString(lambda.getImplMethodSignature())
                        && method.flags().has(AccessFlag.SYNTHETIC)) {
                    return parameter(method, instance ? index - 1 : index, instance ? 1 : 0);
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            // then it has no name
        }
        return null;
    }

    private static @Nullable String parameter(MethodModel method, int index, int firstSlot) {
        int slot = firstSlot;
        for (int i = 0; i < index; i++) {
            String type = method.methodTypeSymbol().parameterType(i).descriptorString();
            slot += type.equals("J") || type.equals("D") ? 2 : 1;
        }
        int wanted = slot;
        return method.code()
                .flatMap(code -> code.findAttribute(Attributes.localVariableTable()))
                .flatMap(table -> table.localVariables().stream()
                        .filter(each -> each.slot() == wanted && each.startPc() == 0)
                        .map((LocalVariableInfo each) -> each.name().stringValue())
                        .findFirst())
                .orElse(null);
    }

    private void lookIntoFields(Object object, Step step) {
        boolean closed = false;
        for (Class<?> type = object.getClass();
                type != null && Serializable.class.isAssignableFrom(type);
                type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())
                        && !Modifier.isTransient(field.getModifiers())
                        && !field.getType().isPrimitive()) {
                    try {
                        field.setAccessible(true);
                        meet(field.get(object), step, part(object, () -> name(field)));
                    } catch (IllegalAccessException | InaccessibleObjectException e) {
                        closed = true;
                    }
                }
            }
        }
        if (closed) {
            for (Parts.Part part : Parts.of(object)) {
                meet(part.value(), step, part(object, part::name));
            }
        }
    }

    private static String name(Field field) {
        return "the field " + field.getDeclaringClass().getSimpleName() + "." + field.getName();
    }

    /** Heddle's own wrapping of the user's function is no news to the user. */
    private static @Nullable Supplier<String> part(Object object, Supplier<String> name) {
        return object instanceof SharedFunction && object.getClass().getName().startsWith("io.heddle.CallTasks$")
                ? null
                : name;
    }
}
