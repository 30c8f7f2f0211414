package io.heddle.processes.launch;

import io.heddle.processes.failure.BrokenPoolException;
import io.heddle.processes.setting.ThreadVariables;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The environment of a worker.
 *
 * @param variables all of them
 * @param changes those that are not the parent's
 * @param limit the number of threads that they hold every native library to; 0 if they do not, or not all to the same
 */
record WorkerEnvironment(Map<String, String> variables, Map<String, String> changes, int limit) {
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
        Map<String, String> changes = new LinkedHashMap<>();
        if (limit > 0) {
            for (String name : ThreadVariables.NAMES) {
                String own = parent.get(name);
                if (explicit || own == null || own.isBlank()) {
                    changes.put(name, Integer.toString(limit));
                }
            }
        }
        if (parent.get("ENABLE_IPC") == null) {
            changes.put("ENABLE_IPC", "1");
        }
        changes.putAll(user);
        changes.put(DEPTH, Integer.toString(depth(parent.get(DEPTH)) + 1));
        Map<String, String> variables = new HashMap<>(parent);
        change(variables, changes);
        return new WorkerEnvironment(variables, changes, ThreadVariables.limitInForce(variables));
    }

    /** Makes it of the environment that a process inherits; what is not changed keeps its bytes, which a string may not have. */
    void applyTo(Map<String, String> inherited) {
        change(inherited, changes);
    }

    private static void change(Map<String, String> inherited, Map<String, String> changes) {
        OPTIONS.forEach(inherited::remove);
        inherited.putAll(changes);
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
