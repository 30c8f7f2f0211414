package io.heddle.processes;

import io.heddle.processes.setting.NamedOptions;
import java.util.Map;

/** The options of both backends. */
final class Options {
    static final NamedOptions<ProcessesBackend.Builder> BY_NAME = new NamedOptions<>(Map.ofEntries(
            Map.entry("jvmOptions", (builder, value) -> builder.jvmOptions(value.texts())),
            Map.entry("environment", (builder, value) -> value.variables(builder::environment)),
            Map.entry("maxHeapBytes", (builder, value) -> builder.maxHeapBytes(value.number())),
            Map.entry("maxFrameBytes", (builder, value) -> builder.maxFrameBytes(value.integer())),
            Map.entry("startTimeout", (builder, value) -> builder.startTimeout(value.duration())),
            Map.entry(
                    "initializer",
                    (builder, value) -> builder.initializer(value.as(WorkerInitializer.class, "a WorkerInitializer"))),
            Map.entry("codec", (builder, value) -> builder.codec(value.text())),
            Map.entry("serialFilter", (builder, value) -> builder.serialFilter(value.text())),
            Map.entry("idleLimit", (builder, value) -> builder.idleLimit(value.duration())),
            Map.entry("memoryGrowthBytes", (builder, value) -> builder.memoryGrowthBytes(value.number())),
            Map.entry("spareWorkers", (builder, value) -> builder.spareWorkers(value.integer()))));

    private Options() {}
}
