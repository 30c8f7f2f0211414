package io.heddle.ray.cluster;

import io.heddle.processes.setting.ThreadVariables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an actor's JVM starts with.
 *
 * @param variables for its environment, beside those of its node
 * @param limit the number of threads that they hold every native library to; 0 if not all to the same
 * @param jvmOptions its options
 */
record ActorEnvironment(Map<String, String> variables, int limit, List<String> jvmOptions) {
    static ActorEnvironment of(RaySettings settings, int innerMaxNumThreads, int cpus) {
        Map<String, String> variables = new LinkedHashMap<>();
        String limit = Integer.toString(innerMaxNumThreads);
        ThreadVariables.NAMES.forEach(name -> variables.put(name, limit));
        variables.put("ENABLE_IPC", "1");
        if (settings.javaHome() != null) {
            variables.put("PATH", settings.javaHome() + "/bin:${PATH}"); // of the node: Ray fills it in there
            variables.put("JAVA_HOME", settings.javaHome());
        }
        variables.putAll(settings.environment());
        boolean all = ThreadVariables.limitInForce(variables) == innerMaxNumThreads;
        List<String> options = new ArrayList<>(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-XX:ActiveProcessorCount=" + Math.max(cpus, 1),
                "-Dray.logging.level=" + settings.loggingLevel()));
        options.addAll(settings.jvmOptions());
        return new ActorEnvironment(variables, all ? innerMaxNumThreads : 0, options);
    }
}
