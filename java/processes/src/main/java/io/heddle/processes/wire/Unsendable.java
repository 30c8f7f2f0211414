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
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/*
 * The JDK names only the class of what it cannot serialise. A user wants to know how that got into his task: through which variable that his
 * lambda captures, and which field. So the objects are walked as serialisation would, breadth first, for the shortest way. What reflection
 * may not look into (a module that is not open to this one), serialisation itself is asked for, see Parts.
 */
/** Says what in an object cannot be serialised, and how it got there. */
public final class Unsendable {
    private static final int MOST_OBJECTS = 10_000;

    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Step> next = new ArrayDeque<>();

    /** An object and the way to it from the task. */
    private record Step(Object object, String way) {}

    private Unsendable() {}

    /**
     * What is wrong with an object, in words.
     *
     * @param root what was to be sent
     * @param cause what serialising it threw
     */
    public static String describe(Object root, Throwable cause) {
        try {
            Optional<Step> found = new Unsendable().find(root);
            if (found.isPresent()) {
                Class<?> type = found.get().object().getClass();
                return found.get().way() + " is of the class " + type.getName() + ", which is not Serializable";
            }
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // the cause must do: the objects are the user's, and so are the accessors that fail
        }
        return cause.toString();
    }

    private Optional<Step> find(Object root) {
        add(root, "");
        for (int count = 0; count < MOST_OBJECTS && !next.isEmpty(); count++) {
            Step step = next.remove();
            if (!(step.object() instanceof Serializable)) {
                return Optional.of(step.way().isEmpty() ? new Step(step.object(), "it") : step);
            }
            look(step);
        }
        return Optional.empty();
    }

    private void add(@Nullable Object object, String way) {
        if (object != null && !isPlain(object) && seen.add(object)) {
            next.add(new Step(object, way));
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
            case Object[] array -> {
                for (int i = 0; i < array.length && i < MOST_OBJECTS; i++) {
                    add(array[i], joined(step.way(), "element " + i));
                }
            }
            case Collection<?> collection -> {
                int i = 0;
                for (Object each : collection) {
                    add(each, joined(step.way(), "element " + i++));
                }
            }
            case Map<?, ?> map ->
                map.forEach((key, value) -> {
                    add(key, joined(step.way(), "a key"));
                    add(value, joined(step.way(), "the value of the key " + Bounded.text(key)));
                });
            case SerializedLambda lambda ->
                lookInto(lambda, Thread.currentThread().getContextClassLoader(), step.way());
            default -> {
                SerializedLambda lambda = lambda(object);
                if (lambda != null) {
                    lookInto(lambda, object.getClass().getClassLoader(), step.way());
                } else {
                    lookIntoFields(object, step.way());
                }
            }
        }
    }

    private static String joined(String way, String part) {
        return way.isEmpty() ? part : part + " of " + way;
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

    private void lookInto(SerializedLambda lambda, @Nullable ClassLoader loader, String way) {
        String place = "the lambda in " + lambda.getCapturingClass().replace('/', '.');
        for (int i = 0; i < lambda.getCapturedArgCount(); i++) {
            String variable = variable(lambda, i, loader);
            add(
                    lambda.getCapturedArg(i),
                    joined(
                            way,
                            (variable == null ? "what is captured by " : "'" + variable + "', captured by ") + place));
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

    private void lookIntoFields(Object object, String way) {
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
                        add(field.get(object), way(object, field, way));
                    } catch (IllegalAccessException | InaccessibleObjectException e) {
                        closed = true;
                    }
                }
            }
        }
        if (closed) {
            for (Parts.Part part : Parts.of(object)) {
                add(part.value(), way(object, part.name(), way));
            }
        }
    }

    private static String way(Object object, Field field, String way) {
        return way(object, "the field " + field.getDeclaringClass().getSimpleName() + "." + field.getName(), way);
    }

    /** Heddle's own wrapping of the user's function is no news to the user. */
    private static String way(Object object, String part, String way) {
        return object instanceof SharedFunction && object.getClass().getName().startsWith("io.heddle.CallTasks$")
                ? way
                : joined(way, part);
    }
}
