package io.heddle.processes.setting;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * What a user gave for an option. Each method throws an {@link IllegalArgumentException} that names the option, the value and what is allowed
 * where the value is of another kind.
 *
 * @param name the option's name
 * @param value what was given
 */
public record OptionValue(String name, Object value) {
    /** A text. */
    public String text() {
        return as(String.class, "a text");
    }

    /** Texts that one text may hold, too, with spaces between them. */
    public String[] texts() {
        return texts("\\s+", "spaces");
    }

    /** Texts that one text may hold, too, with colons between them. */
    public String[] textsBetweenColons() {
        return texts(":", "colons");
    }

    private String[] texts(String separator, String words) {
        return switch (value) {
            case String text when text.isBlank() -> new String[0];
            case String text -> text.strip().split(separator, -1);
            case List<?> list -> list.stream().map(String::valueOf).toArray(String[]::new);
            default -> throw wrong("a List of texts, or one text with " + words + " between them");
        };
    }

    /** A file. */
    public Path file() {
        return switch (value) {
            case Path path -> path;
            case String text -> Path.of(text);
            default -> throw wrong("a Path or the text of one");
        };
    }

    /** A duration. */
    public Duration duration() {
        return as(Duration.class, "a Duration");
    }

    /** A number without a fraction. */
    public long number() {
        return as(Number.class, "a number").longValue();
    }

    /** A number that may have a fraction. */
    public double fraction() {
        return as(Number.class, "a number").doubleValue();
    }

    /** A number that an int holds. */
    public int integer() {
        long number = number();
        if (number != (int) number) {
            throw wrong("a number below 2^31");
        }
        return (int) number;
    }

    /** Names and values, one after the other. */
    public void variables(BiConsumer<String, String> each) {
        Map<?, ?> variables = as(Map.class, "a Map of names and values");
        variables.forEach((variable, text) -> each.accept(String.valueOf(variable), String.valueOf(text)));
    }

    /**
     * An object of a class.
     *
     * @param wanted what that is, for the message
     */
    public <T> T as(Class<T> type, String wanted) {
        if (!type.isInstance(value)) {
            throw wrong(wanted);
        }
        return type.cast(value);
    }

    private IllegalArgumentException wrong(String wanted) {
        return new IllegalArgumentException(
                name + " = " + value + " (" + value.getClass().getName() + ") is not " + wanted);
    }
}
