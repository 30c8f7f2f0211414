package io.heddle.processes.setting;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * The options of a backend as a user gives them by name. Immutable.
 *
 * @param known what each does to a builder
 * @param <B> the backend's builder
 */
public record NamedOptions<B>(Map<String, BiConsumer<B, OptionValue>> known) {
    /** Those that several backends have, and a backend's own. */
    public static <B> NamedOptions<B> of(
            Map<String, BiConsumer<B, OptionValue>> common, Map<String, BiConsumer<B, OptionValue>> own) {
        Map<String, BiConsumer<B, OptionValue>> known = new TreeMap<>(common);
        known.putAll(own);
        return new NamedOptions<>(Collections.unmodifiableMap(known));
    }

    /** Their names. */
    public Set<String> names() {
        return known.keySet();
    }

    /**
     * Says them to a builder.
     *
     * @return the builder
     * @throws IllegalArgumentException if one is unknown or its value wrong; the message says which and what is allowed
     */
    public B apply(B builder, Map<String, Object> options) {
        options.forEach((name, value) -> {
            BiConsumer<B, OptionValue> option = known.get(name);
            if (option == null) {
                throw new IllegalArgumentException("There is no option '" + name + "'. Known: " + known.keySet());
            }
            option.accept(builder, new OptionValue(name, value));
        });
        return builder;
    }
}
