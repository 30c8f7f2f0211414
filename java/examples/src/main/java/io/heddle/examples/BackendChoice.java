package io.heddle.examples;

import io.heddle.ParallelConfig;
import io.heddle.backend.Constraint;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --backend} says: the only place that decides where the machine learning library runs. The inner limit is Heddle's default.
 *
 * @param name the backend's name
 * @param address the cluster to join; null for the backend's own choice
 */
record BackendChoice(String name, @Nullable String address) {
    static final String THREADS = "threads";

    private static final Set<String> IN_THIS_PROCESS = Set.of(THREADS, "sequential");

    /** Which artifact of Heddle brings which backend. */
    private static final Map<String, String> ARTIFACTS = Map.of(
            "processes", "heddle-processes",
            "fresh-processes", "heddle-processes",
            "ray", "heddle-ray",
            "dask", "heddle-dask");

    /** The option that takes the cluster's address, where it is not {@code address}. */
    private static final Map<String, String> ADDRESS_OPTIONS = Map.of("dask", "schedulerAddress");

    boolean isThreads() {
        return name.equals(THREADS);
    }

    ParallelConfig config(int jobs) {
        return config().jobs(jobs);
    }

    ParallelConfig config() {
        ParallelConfig config = ParallelConfig.backend(name);
        return address == null ? config : config.option(ADDRESS_OPTIONS.getOrDefault(name, "address"), address);
    }

    /**
     * Fails where the backend is not there: a call would run on threads instead, with a warning, and the demo would tell figures of
     * those.
     *
     * @throws DemoException with what to do
     */
    void requireAvailable(int jobs) {
        if (name.equals("virtual-threads")) {
            throw new DemoException(
                    "--backend virtual-threads: the fits call LAPACK, which wants the stack of a platform thread.");
        }
        ParallelConfig config = config(jobs);
        if (!IN_THIS_PROCESS.contains(name)) {
            config.require(Constraint.SEPARATE_PROCESSES);
        }
        try (var _ = config.open()) {
            // opened is all that is asked
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new DemoException("--backend " + name + ": " + e.getMessage() + artifact(e), e);
        }
    }

    private String artifact(Exception e) {
        String artifact = ARTIFACTS.get(name);
        return artifact != null && String.valueOf(e.getMessage()).contains("no backend named '" + name + "'")
                ? " '" + name + "' comes with the artifact " + artifact + "."
                : "";
    }
}
