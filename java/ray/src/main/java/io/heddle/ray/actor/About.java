package io.heddle.ray.actor;

import java.util.List;

/**
 * Where an actor runs.
 *
 * @param pid its process number on its node
 * @param node its node's address
 * @param javaVersion the JDK that it runs on
 * @param logs the folder of its logs, on its node
 */
public record About(long pid, String node, String javaVersion, String logs) {
    private static final String SEPARATOR = "\n";

    static About here() {
        return new About(
                ProcessHandle.current().pid(),
                System.getProperty("ray.node-ip", "?"),
                System.getProperty("java.version", "?"),
                System.getProperty("ray.logging.dir", "?"));
    }

    String text() {
        return String.join(SEPARATOR, Long.toString(pid), node, javaVersion, logs);
    }

    /**
     * What an actor said.
     *
     * @param text its answer
     * @return what that says
     * @throws IllegalArgumentException if it is none: another version of Heddle
     */
    public static About of(String text) {
        List<String> parts = List.of(text.split(SEPARATOR));
        if (parts.size() != 4) {
            throw new IllegalArgumentException("\"" + text + "\" is not what this version of Heddle says of an actor");
        }
        return new About(Long.parseLong(parts.get(0)), parts.get(1), parts.get(2), parts.get(3));
    }
}
