package io.heddle.backend;

import java.util.Map;
import java.util.Set;

/**
 * Makes a backend known by its name. Found by {@link java.util.ServiceLoader}. Thread-safe.
 */
public interface BackendProvider {
    /**
     * The backend's name.
     *
     * @return for instance {@code threads}
     */
    String name();

    /**
     * The options that {@link #create} understands.
     *
     * @return their names; anything else a user gives is refused before {@code create} is called
     */
    Set<String> options();

    /**
     * The backend for some options. Called for each use of the name, on a new provider each time unless it is a built-in one: what is
     * costly and shared, the provider keeps in a static field.
     *
     * @param options values by name, only those that were given
     * @return the backend
     * @throws IllegalArgumentException if a value is wrong; the message names the option, the value and what is allowed
     */
    Backend create(Map<String, Object> options);
}
