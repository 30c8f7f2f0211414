package io.heddle.processes.launch;

import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.setting.ThreadVariables;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The environment of a worker.
 *
 * @param variables all of them
 * @param limit the number of threads that they hold every native library to; 0 if they do not, or not all to the same
 */
record WorkerEnvironment(Map<String, String> variables, int limit) {
    /** What the JVM takes options from: those that a worker is to have are on its command line. */
    private static final List<String> OPTIONS =
            List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "JDK_AOT_VM_OPTIONS", "CLASSPATH");

    static final String DEPTH = "HEDDLE_WORKER_DEPTH";

    /** loky's bound on workers within workers. */
    static final int MOST_DEPTH = 10;

    /**
     * The environment of a worker.
     *
     * @param parent the parent's variables
     * @param user what the user wants for workers
     * @param limit the number of threads; 0 to leave them as they are
     * @param explicit whether the user named that number: it then wins over the parent's variables
     * @throws BrokenPoolException if the workers would be too deep in one another
     */
    static WorkerEnvironment of(Map<String, String> parent, Map<String, String> user, int limit, boolean explicit) {
        Map<String, String> variables = new HashMap<>(parent);
        OPTIONS.forEach(variables::remove);
        if (limit > 0) {
            for (String name : ThreadVariables.NAMES) {
                String own = parent.get(name);
                if (explicit || own == null || own.isBlank()) {
                    variables.put(name, Integer.toString(limit));
                }
            }
        }
        variables.putIfAbsent("ENABLE_IPC", "1");
        variables.putAll(user);
        variables.put(DEPTH, Integer.toString(depth(parent.get(DEPTH)) + 1));
        return new WorkerEnvironment(variables, ThreadVariables.limitInForce(variables));
    }

    private static int depth(@Nullable String own) {
        int depth;
        try {
            depth = own == null ? 0 : Math.max(0, Integer.parseInt(own));
        } catch (NumberFormatException e) { // not Heddle's
            depth = 0;
        }
        if (depth >= MOST_DEPTH) {
            throw new BrokenPoolException(
                    "This process is itself a worker, " + depth + " deep (" + DEPTH + "=" + own + "), and at most "
                            + MOST_DEPTH
                            + " are allowed: each level starts processes of its own. Run the inner calls on another backend, for"
                            + " instance \"threads\" or \"sequential\"");
        }
        return depth;
    }
}
