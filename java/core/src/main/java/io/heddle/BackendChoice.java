package io.heddle;

import io.heddle.backend.Backend;
import io.heddle.dispatch.Backends;
import io.heddle.dispatch.Choice;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A backend as a user says it: a name with options, or an instance. The last one said counts. */
final class BackendChoice {
    private @Nullable String name;
    private @Nullable Backend instance;
    private final Map<String, Object> options = new TreeMap<>();

    void name(String value) {
        name = Objects.requireNonNull(value, "name");
        instance = null;
    }

    void instance(Backend value) {
        instance = Objects.requireNonNull(value, "instance");
        name = null;
    }

    void option(String option, Object value) {
        options.put(Objects.requireNonNull(option, "name"), Objects.requireNonNull(value, "value"));
    }

    Choice applyTo(Choice choice) {
        if (!options.isEmpty() && name == null) {
            throw new IllegalArgumentException(
                    "The options " + options.keySet()
                            + (instance == null
                                    ? " were given without a backend: name it by backend(name)"
                                    : " were given together with a backend instance: set them on the instance, or name the backend"));
        }
        if (name != null) {
            return choice.withBackend(Backends.namedOrThreads(name, options, choice));
        }
        return instance == null ? choice : choice.withBackend(instance);
    }
}
