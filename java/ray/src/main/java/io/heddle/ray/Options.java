package io.heddle.ray;

import io.heddle.processes.WorkerInitializer;
import io.heddle.processes.setting.NamedOptions;
import java.util.Map;

/** The options of the backend. */
final class Options {
    static final NamedOptions<RayBackend.Builder> BY_NAME = new NamedOptions<>(Map.ofEntries(
            Map.entry("address", (builder, value) -> builder.address(value.text())),
            Map.entry("namespace", (builder, value) -> builder.namespace(value.text())),
            Map.entry("codeSearchPath", (builder, value) -> builder.codeSearchPath(value.textsBetweenColons())),
            Map.entry("jars", (builder, value) -> builder.jars(value.texts())),
            Map.entry("cpusPerWorker", (builder, value) -> builder.cpusPerWorker(value.fraction())),
            Map.entry("environment", (builder, value) -> value.variables(builder::environment)),
            Map.entry("jvmOptions", (builder, value) -> builder.jvmOptions(value.texts())),
            Map.entry("javaHome", (builder, value) -> builder.javaHome(value.text())),
            Map.entry("loggingLevel", (builder, value) -> builder.loggingLevel(value.text())),
            Map.entry("maxFrameBytes", (builder, value) -> builder.maxFrameBytes(value.integer())),
            Map.entry("startTimeout", (builder, value) -> builder.startTimeout(value.duration())),
            Map.entry("headTimeout", (builder, value) -> builder.headTimeout(value.duration())),
            Map.entry(
                    "initializer",
                    (builder, value) -> builder.initializer(value.as(WorkerInitializer.class, "a WorkerInitializer"))),
            Map.entry("codec", (builder, value) -> builder.codec(value.text())),
            Map.entry("serialFilter", (builder, value) -> builder.serialFilter(value.text())),
            Map.entry("idleLimit", (builder, value) -> builder.idleLimit(value.duration()))));

    private Options() {}
}
