package io.heddle.ray;

import io.heddle.processes.WorkerInitializer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/** The options of the backend as a user gives them by name. */
final class Options {
    private static final Map<String, BiFunction<RayBackend.Builder, Object, RayBackend.Builder>> KNOWN = Map.ofEntries(
            Map.entry("address", (builder, value) -> builder.address(text("address", value))),
            Map.entry("namespace", (builder, value) -> builder.namespace(text("namespace", value))),
            Map.entry(
                    "codeSearchPath", (builder, value) -> builder.codeSearchPath(texts("codeSearchPath", value, ":"))),
            Map.entry("jars", (builder, value) -> builder.jars(texts("jars", value, "\\s+"))),
            Map.entry(
                    "cpusPerWorker",
                    (builder, value) -> builder.cpusPerWorker(
                            as("cpusPerWorker", value, Number.class, "a number").doubleValue())),
            Map.entry("startTimeout", (builder, value) -> builder.startTimeout(duration("startTimeout", value))),
            Map.entry("idleLimit", (builder, value) -> builder.idleLimit(duration("idleLimit", value))),
            Map.entry("environment", (builder, value) -> {
                Map<?, ?> variables = as("environment", value, Map.class, "a Map of names and values");
                variables.forEach((name, text) -> builder.environment(String.valueOf(name), String.valueOf(text)));
                return builder;
            }),
            Map.entry("jvmOptions", (builder, value) -> builder.jvmOptions(texts("jvmOptions", value, "\\s+"))),
            Map.entry("javaHome", (builder, value) -> builder.javaHome(text("javaHome", value))),
            Map.entry(
                    "initializer",
                    (builder, value) -> builder.initializer(
                            as("initializer", value, WorkerInitializer.class, "a WorkerInitializer"))),
            Map.entry("codec", (builder, value) -> builder.codec(text("codec", value))),
            Map.entry("serialFilter", (builder, value) -> builder.serialFilter(text("serialFilter", value))),
            Map.entry("maxFrameBytes", (builder, value) -> builder.maxFrameBytes(integer("maxFrameBytes", value))),
            Map.entry("loggingLevel", (builder, value) -> builder.loggingLevel(text("loggingLevel", value))));

    private Options() {}

    static Set<String> names() {
        return KNOWN.keySet();
    }

    static RayBackend.Builder apply(RayBackend.Builder builder, Map<String, Object> options) {
        options.forEach((name, value) -> {
            var option = KNOWN.get(name);
            if (option == null) {
                throw new IllegalArgumentException("There is no option '" + name + "'. Known: " + KNOWN.keySet());
            }
            var _ = option.apply(builder, value);
        });
        return builder;
    }

    private static String[] texts(String name, Object value, String separator) {
        return switch (value) {
            case String text when text.isBlank() -> new String[0];
            case String text -> text.strip().split(separator, -1);
            case List<?> list -> list.stream().map(String::valueOf).toArray(String[]::new);
            default ->
                throw wrong(
                        name,
                        value,
                        "a List of texts, or one text with " + (separator.equals(":") ? "colons" : "spaces")
                                + " between them");
        };
    }

    private static String text(String name, Object value) {
        return as(name, value, String.class, "a text");
    }

    private static Duration duration(String name, Object value) {
        return as(name, value, Duration.class, "a Duration");
    }

    private static int integer(String name, Object value) {
        long number = as(name, value, Number.class, "a number").longValue();
        if (number != (int) number) {
            throw wrong(name, value, "a number below 2^31");
        }
        return (int) number;
    }

    private static <T> T as(String name, Object value, Class<T> type, String wanted) {
        if (!type.isInstance(value)) {
            throw wrong(name, value, wanted);
        }
        return type.cast(value);
    }

    private static IllegalArgumentException wrong(String name, Object value, String wanted) {
        return new IllegalArgumentException(
                name + " = " + value + " (" + value.getClass().getName() + ") is not " + wanted);
    }
}
