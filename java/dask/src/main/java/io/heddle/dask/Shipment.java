package io.heddle.dask;

import io.heddle.Parallel;
import io.heddle.processes.ProcessesBackend;
import io.heddle.processes.launch.RemoteKit;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What worker JVMs need beside the user's classes, which they ask for one by one. */
final class Shipment {
    static final List<Jar> JARS = List.of(
            new Jar("heddle-core.jar", RemoteKit.jar(Parallel.class)),
            new Jar("heddle-processes.jar", RemoteKit.jar(ProcessesBackend.class)),
            new Jar("heddle-dask.jar", RemoteKit.jar(Shipment.class)));

    private Shipment() {}

    /** Heddle's own classes. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Jar(String name, byte[] content) {
        Message message() {
            return new Message(
                    List.of("jar".getBytes(StandardCharsets.UTF_8), name.getBytes(StandardCharsets.UTF_8), content));
        }
    }

    static List<String> jvmOptions(List<String> user) {
        return RemoteKit.jvmOptions(user);
    }

    /** The user's variables, and how deep the workers are. */
    static Map<String, String> variables(Map<String, String> user) {
        Map<String, String> variables = new HashMap<>(user);
        variables.put(Outer.DEPTH, Integer.toString(Outer.depth(System.getenv()) + 1));
        return variables;
    }
}
