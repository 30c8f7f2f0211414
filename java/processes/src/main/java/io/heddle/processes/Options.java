package io.heddle.processes;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/** The options of both backends as a user gives them by name. */
final class Options {
    private static final Map<String, BiFunction<ProcessesBackend.Builder, Object, ProcessesBackend.Builder>> KNOWN =
            Map.ofEntries(
                    Map.entry("jvmOptions", (builder, value) -> builder.jvmOptions(texts(value))),
                    Map.entry("environment", (builder, value) -> {
                        Map<?, ?> variables = as("environment", value, Map.class, "a Map of names and values");
                        variables.forEach(
                                (name, text) -> builder.environment(String.valueOf(name), String.valueOf(text)));
                        return builder;
                    }),
                    Map.entry("maxHeapBytes", (builder, value) -> builder.maxHeapBytes(number("maxHeapBytes", value))),
                    Map.entry(
                            "maxFrameBytes",
                            (builder, value) -> builder.maxFrameBytes(integer("maxFrameBytes", value))),
                    Map.entry(
                            "startTimeout", (builder, value) -> builder.startTimeout(duration("startTimeout", value))),
                    Map.entry(
                            "initializer",
                            (builder, value) -> builder.initializer(
                                    as("initializer", value, WorkerInitializer.class, "a WorkerInitializer"))),
                    Map.entry("codec", (builder, value) -> builder.codec(text("codec", value))),
                    Map.entry("serialFilter", (builder, value) -> builder.serialFilter(text("serialFilter", value))),
                    Map.entry(
                            "memoryGrowthBytes",
                            (builder, value) -> builder.memoryGrowthBytes(number("memoryGrowthBytes", value))),
                    Map.entry("idleLimit", (builder, value) -> builder.idleLimit(duration("idleLimit", value))),
                    Map.entry(
                            "spareWorkers", (builder, value) -> builder.spareWorkers(integer("spareWorkers", value))));

    private Options() {}

    static Set<String> names() {
        return KNOWN.keySet();
    }

    static ProcessesBackend.Builder apply(ProcessesBackend.Builder builder, Map<String, Object> options) {
        options.forEach((name, value) -> {
            var option = KNOWN.get(name);
            if (option == null) {
                throw new IllegalArgumentException("There is no option '" + name + "'. Known: " + KNOWN.keySet());
            }
            var _ = option.apply(builder, value);
        });
        return builder;
    }

    private static String[] texts(Object value) {
        return switch (value) {
            case String text when text.isBlank() -> new String[0];
            case String text -> text.strip().split("\\s+");
            case List<?> list -> list.stream().map(String::valueOf).toArray(String[]::new);
            default -> throw wrong("jvmOptions", value, "a text with spaces between the options, or a List of them");
        };
    }

    private static String text(String name, Object value) {
        return as(name, value, String.class, "a text");
    }

    private static Duration duration(String name, Object value) {
        return as(name, value, Duration.class, "a Duration");
    }

    private static long number(String name, Object value) {
        return as(name, value, Number.class, "a number").longValue();
    }

    private static int integer(String name, Object value) {
        long number = number(name, value);
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
