package io.heddle.dask;

import io.heddle.processes.WorkerInitializer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/** The options of the backend as a user gives them by name. */
final class Options {
    private static final Map<String, BiConsumer<DaskBackend.Builder, Object>> KNOWN = Map.ofEntries(
            Map.entry(
                    "schedulerAddress", (builder, value) -> builder.schedulerAddress(text("schedulerAddress", value))),
            Map.entry("workers", (builder, value) -> builder.workers(integer("workers", value))),
            Map.entry(
                    "threadsPerWorker",
                    (builder, value) -> builder.threadsPerWorker(integer("threadsPerWorker", value))),
            Map.entry("python", (builder, value) -> builder.python(text("python", value))),
            Map.entry("javaHome", (builder, value) -> builder.javaHome(text("javaHome", value))),
            Map.entry("tlsCaFile", (builder, value) -> builder.tlsCaFile(file("tlsCaFile", value))),
            Map.entry("tlsCertFile", (builder, value) -> builder.tlsCertFile(file("tlsCertFile", value))),
            Map.entry("tlsKeyFile", (builder, value) -> builder.tlsKeyFile(file("tlsKeyFile", value))),
            Map.entry("startTimeout", (builder, value) -> builder.startTimeout(duration("startTimeout", value))),
            Map.entry("idleLimit", (builder, value) -> builder.idleLimit(duration("idleLimit", value))),
            Map.entry("environment", (builder, value) -> {
                Map<?, ?> variables = as("environment", value, Map.class, "a Map of names and values");
                variables.forEach((name, text) -> builder.environment(String.valueOf(name), String.valueOf(text)));
            }),
            Map.entry("jvmOptions", (builder, value) -> builder.jvmOptions(texts(value))),
            Map.entry("maxFrameBytes", (builder, value) -> builder.maxFrameBytes(integer("maxFrameBytes", value))),
            Map.entry(
                    "initializer",
                    (builder, value) -> builder.initializer(
                            as("initializer", value, WorkerInitializer.class, "a WorkerInitializer"))),
            Map.entry("codec", (builder, value) -> builder.codec(text("codec", value))),
            Map.entry("serialFilter", (builder, value) -> builder.serialFilter(text("serialFilter", value))));

    private Options() {}

    static Set<String> names() {
        return KNOWN.keySet();
    }

    static DaskBackend.Builder apply(DaskBackend.Builder builder, Map<String, Object> options) {
        options.forEach((name, value) -> {
            var option = KNOWN.get(name);
            if (option == null) {
                throw new IllegalArgumentException("There is no option '" + name + "'. Known: " + KNOWN.keySet());
            }
            option.accept(builder, value);
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

    private static Path file(String name, Object value) {
        return switch (value) {
            case Path path -> path;
            case String text -> Path.of(text);
            default -> throw wrong(name, value, "a Path or the text of one");
        };
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
