package io.heddle.dispatch;

import io.heddle.backend.Backend;
import io.heddle.backend.BackendProvider;
import io.heddle.backend.BackendUnavailableException;
import io.heddle.backend.Constraint;
import io.heddle.backend.SequentialBackend;
import io.heddle.backend.ThreadsBackend;
import io.heddle.backend.VirtualThreadsBackend;
import java.util.Iterator;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The backends known by name: the built-in ones, and those that the service loader finds. What it finds is not kept, so that no class
 * loader of an application server is. Thread-safe.
 */
public final class Backends {
    private static final Map<String, BackendProvider> BUILT_IN = Map.of(
            "sequential", new SequentialBackend.Provider(),
            "threads", new ThreadsBackend.Provider(),
            "virtual-threads", new VirtualThreadsBackend.Provider());

    private static final Map<String, BackendProvider> REGISTERED = new ConcurrentHashMap<>();

    /** The service loader goes on after a provider that fails, but it does not promise to get past it. */
    private static final int MOST_FAILURES = 20;

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
        BackendProvider provider = BUILT_IN.get(name);
        if (provider == null) {
            provider = REGISTERED.get(name);
        }
        if (provider == null) {
            provider = search(name);
        }
        for (String option : options.keySet()) {
            if (!provider.options().contains(option)) {
                throw new IllegalArgumentException("The backend '" + name + "' has no option '" + option
                        + "'. It knows: " + new TreeSet<>(provider.options()));
            }
        }
        return provider.create(new TreeMap<>(options));
    }

    /**
     * The backend of a name, or threads where this machine cannot run it and nothing asked for processes by a constraint.
     *
     * @param name for instance {@code processes}
     * @param options its options by name
     * @param choice what else was said
     * @return the backend
     * @throws IllegalArgumentException as {@link #named}
     * @throws BackendUnavailableException if the machine cannot run it and a constraint asks for processes
     */
    public static Backend namedOrThreads(String name, Map<String, Object> options, Choice choice) {
        try {
            return named(name, options);
        } catch (BackendUnavailableException e) {
            if (choice.constraint() == Constraint.SEPARATE_PROCESSES) {
                throw e;
            }
            Plan.tellFallback(e);
            return named("threads", Map.of());
        }
    }

    /**
     * Makes a provider known by its name, before those that the service loader finds.
     *
     * @param provider the provider
     * @return what takes it back
     * @throws IllegalArgumentException if the name is a built-in one or registered already
     */
    public static Runnable register(BackendProvider provider) {
        String name = provider.name();
        if (BUILT_IN.containsKey(name) || REGISTERED.putIfAbsent(name, provider) != null) {
            throw new IllegalArgumentException("A backend named '" + name + "' is "
                    + (BUILT_IN.containsKey(name) ? "built in" : "registered already")
                    + ": give the provider another name, or take the other registration back first");
        }
        return () -> REGISTERED.remove(name, provider);
    }

    private static BackendProvider search(String name) {
        Map<String, BackendProvider> found = new TreeMap<>(BUILT_IN);
        found.putAll(REGISTERED);
        collect(ServiceLoader.load(BackendProvider.class), found); // by the thread's context class loader
        collect(ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()), found);
        BackendProvider provider = found.get(name);
        if (provider == null) {
            throw new IllegalArgumentException("There is no backend named '" + name + "'. Known here: " + found.keySet()
                    + ". A backend of another artifact is found once that is on the class path or module path.");
        }
        return provider;
    }

    private static void collect(ServiceLoader<BackendProvider> loader, Map<String, BackendProvider> found) {
        Iterator<BackendProvider> providers = loader.iterator();
        for (int failures = 0; failures < MOST_FAILURES; ) {
            try {
                if (!providers.hasNext()) {
                    return;
                }
                BackendProvider provider = providers.next();
                found.putIfAbsent(provider.name(), provider);
            } catch (ServiceConfigurationError | LinkageError e) {
                failures++;
                System.getLogger("io.heddle")
                        .log(System.Logger.Level.WARNING, "A backend provider could not be loaded and is left out", e);
            }
        }
    }
}
