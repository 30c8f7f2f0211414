package io.heddle.dask;

import io.heddle.processes.WorkerInitializer;
import io.heddle.processes.setting.NamedOptions;
import java.util.Map;

/** The options of the backend. */
final class Options {
    static final NamedOptions<DaskBackend.Builder> BY_NAME = new NamedOptions<>(Map.ofEntries(
            Map.entry("schedulerAddress", (builder, value) -> builder.schedulerAddress(value.text())),
            Map.entry("workers", (builder, value) -> builder.workers(value.integer())),
            Map.entry("threadsPerWorker", (builder, value) -> builder.threadsPerWorker(value.integer())),
            Map.entry("python", (builder, value) -> builder.python(value.text())),
            Map.entry("javaHome", (builder, value) -> builder.javaHome(value.text())),
            Map.entry("tlsCaFile", (builder, value) -> builder.tlsCaFile(value.file())),
            Map.entry("tlsCertFile", (builder, value) -> builder.tlsCertFile(value.file())),
            Map.entry("tlsKeyFile", (builder, value) -> builder.tlsKeyFile(value.file())),
            Map.entry("environment", (builder, value) -> value.variables(builder::environment)),
            Map.entry("jvmOptions", (builder, value) -> builder.jvmOptions(value.texts())),
            Map.entry("maxFrameBytes", (builder, value) -> builder.maxFrameBytes(value.integer())),
            Map.entry("startTimeout", (builder, value) -> builder.startTimeout(value.duration())),
            Map.entry(
                    "initializer",
                    (builder, value) -> builder.initializer(value.as(WorkerInitializer.class, "a WorkerInitializer"))),
            Map.entry("codec", (builder, value) -> builder.codec(value.text())),
            Map.entry("serialFilter", (builder, value) -> builder.serialFilter(value.text())),
            Map.entry("idleLimit", (builder, value) -> builder.idleLimit(value.duration()))));

    private Options() {}
}
