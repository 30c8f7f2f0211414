package io.heddle.dispatch;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendProvider;
import io.heddle.backend.SequentialBackend;
import io.heddle.backend.ThreadsBackend;
import java.util.Iterator;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The backends known by name, found by the service loader. Thread-safe. */
public final class Backends {
    private static final Map<String, BackendProvider> BUILT_IN = Map.of(
            "sequential", new SequentialBackend.Provider(),
            "threads", new ThreadsBackend.Provider());
    private static final Map<String, BackendProvider> FOUND = new ConcurrentHashMap<>(BUILT_IN);

    private Backends() {}

    /**
     * The backend of a name.
     *
     * @param name for instance {@code threads}
     * @param options its options by name
     * @return the backend
     * @throws IllegalArgumentException if nothing provides the name, or an option is unknown or wrong; the message lists the known
     */
    public static Backend named(String name, Map<String, Object> options) {
        BackendProvider provider = FOUND.get(name);
        if (provider == null) {
            provider = search(name);
        }
        if (provider == null) {
            throw new IllegalArgumentException(
                    "There is no backend named '" + name + "'. Known here: " + new TreeSet<>(FOUND.keySet())
                            + ". A backend of another artifact is found once that is on the class path or module path.");
        }
        for (String option : options.keySet()) {
            if (!provider.options().contains(option)) {
                throw new IllegalArgumentException("The backend '" + name + "' has no option '" + option
                        + "'. It knows: " + new TreeSet<>(provider.options()));
            }
        }
        return provider.create(new TreeMap<>(options));
    }

    private static @Nullable BackendProvider search(String name) {
        collect(ServiceLoader.load(BackendProvider.class)); // the thread's context class loader: application servers
        collect(ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()));
        return FOUND.get(name);
    }

    private static void collect(ServiceLoader<BackendProvider> loader) {
        Iterator<BackendProvider> providers = loader.iterator();
        while (providers.hasNext()) {
            try {
                BackendProvider provider = providers.next();
                FOUND.putIfAbsent(provider.name(), provider);
            } catch (ServiceConfigurationError e) {
                System.getLogger("io.heddle")
                        .log(System.Logger.Level.WARNING, "A backend provider could not be loaded and is left out", e);
            }
        }
    }
}
